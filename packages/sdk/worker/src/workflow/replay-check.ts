/**
 * Holds the commands of a replayed task against the events that were recorded for it (semantics 51).
 * Compared: kind, activity id and type, timer id, child id and type, local activity type, update id,
 * patch. Not compared: inputs and timeouts.
 */
import type { EventOf, HistoryEvent } from '@perdure/protocol';
import type { RecordedTask } from './history-jobs.ts';
import { LOCAL_ACTIVITY_MARKER, type PatchMark } from './markers.ts';
import { type TaskCommand, leavesEvent } from './wire-commands.ts';

/** The code does not do what it did before. */
export class NondeterminismError extends Error {
  override readonly name = 'NondeterminismError';
  /** The event that the code does not lead to; undefined for commands past the last. */
  readonly eventId: number | undefined;
  constructor(message: string, eventId: number | undefined) {
    super(message);
    this.eventId = eventId;
  }
}

/**
 * @throws NondeterminismError naming the event, what it records, what the code did instead and, for
 * a run that traces its calls, where
 */
export function checkReplay(commands: readonly TaskCommand[], recorded: RecordedTask): void {
  const actual = commands.filter((each) => leavesEvent(each) && !listsPatches(each));
  const expected = recorded.events.filter((event) => !eventListsPatches(event));
  let at = 0;
  for (const event of expected) {
    const command = actual[at];
    const patch = recorded.patches.get(event.eventId);
    if (sameThing(event, command, recorded)) at++;
    // A patch that nobody asks for any more, as announced by deprecatePatch().
    else if (!patch?.deprecated) throw mismatch(event, command, recorded);
  }
  if (at < actual.length) throw mismatch(undefined, actual[at], recorded);
}

function sameThing(
  event: HistoryEvent,
  command: TaskCommand | undefined,
  recorded: RecordedTask,
): boolean {
  return command !== undefined && describeEvent(event, recorded) === describeCommand(command);
}

function mismatch(
  event: HistoryEvent | undefined,
  command: TaskCommand | undefined,
  recorded: RecordedTask,
): NondeterminismError {
  const where = event
    ? `event ${event.eventId} (${event.eventType}) records ${describeEvent(event, recorded)}`
    : 'the history records nothing more for this task';
  const what = command
    ? `the code asked for ${describeCommand(command)}`
    : 'the code asked for nothing';
  const line = command && callSite(command);
  return new NondeterminismError(
    `[TMPRL1100] Nondeterminism error: ${where}, but ${what}${line ? ` at ${line}` : ''}. ` +
      'The workflow code has changed in a way that running workflows cannot follow; bring back ' +
      'the old order of calls, or branch with patched()',
    event?.eventId,
  );
}

/** The first place of the user's own in the stack of a call. */
function callSite(command: TaskCommand): string | undefined {
  const stack = 'callStack' in command ? command.callStack : undefined;
  const frames = stack?.split('\n').slice(1) ?? [];
  const [, place] =
    frames.map((frame) => /\(?([^\s()]+:\d+:\d+)\)?$/.exec(frame)).find(Boolean) ?? [];
  return place;
}

/** The list of patches for searching; what is in it differs as patches come and go. */
function listsPatches(command: TaskCommand): boolean {
  return command.kind === 'upsertSearchAttributes' && onlyPatches(command.fields);
}

function eventListsPatches(event: HistoryEvent): boolean {
  return (
    event.eventType === 'UpsertWorkflowSearchAttributes' &&
    onlyPatches(event.attributes.searchAttributes)
  );
}

function onlyPatches(fields: Readonly<Record<string, unknown>>): boolean {
  const names = Object.keys(fields);
  return names.length === 1 && names[0] === 'TemporalChangeVersion';
}

function describeEvent(event: HistoryEvent, recorded: RecordedTask): string {
  switch (event.eventType) {
    case 'ActivityTaskScheduled':
      return `activity ${event.attributes.activityId} (${event.attributes.activityType})`;
    case 'ActivityTaskCancelRequested':
      return 'the cancellation of an activity';
    case 'TimerStarted':
      return `timer ${event.attributes.timerId}`;
    case 'TimerCanceled':
      return `the cancellation of timer ${event.attributes.timerId}`;
    case 'MarkerRecorded':
      return describeMarker(event, recorded);
    case 'StartChildWorkflowExecutionInitiated':
      return `child workflow ${event.attributes.workflowId} (${event.attributes.workflowType})`;
    case 'SignalExternalWorkflowExecutionInitiated':
      return 'a signal to another workflow';
    case 'RequestCancelExternalWorkflowExecutionInitiated':
      return 'the cancellation of another workflow';
    case 'UpsertWorkflowSearchAttributes':
      return 'a change of search attributes';
    case 'WorkflowPropertiesModified':
      return 'a change of the memo';
    case 'WorkflowExecutionUpdateAccepted':
      return `the acceptance of update ${event.attributes.protocolInstanceId}`;
    case 'WorkflowExecutionUpdateCompleted':
      return `the completion of update ${event.attributes.updateId}`;
    case 'WorkflowExecutionCompleted':
      return 'completion of the workflow';
    case 'WorkflowExecutionFailed':
      return 'failure of the workflow';
    case 'WorkflowExecutionCanceled':
      return 'cancellation of the workflow';
    case 'WorkflowExecutionContinuedAsNew':
      return 'to continue as new';
    default:
      return event.eventType;
  }
}

function describeMarker(
  { eventId, attributes }: EventOf<'MarkerRecorded'>,
  { events, localActivities, patches }: RecordedTask,
): string {
  const patch = patches.get(eventId);
  if (patch) return describePatch(patch);
  if (attributes.markerName !== LOCAL_ACTIVITY_MARKER) return `marker ${attributes.markerName}`;
  const markers = events.filter(
    (event) =>
      event.eventType === 'MarkerRecorded' && event.attributes.markerName === LOCAL_ACTIVITY_MARKER,
  );
  const found = localActivities[markers.findIndex((event) => event.eventId === eventId)];
  return `local activity ${found?.seq} (${found?.activityType})`;
}

function describePatch({ patchId }: PatchMark): string {
  return `patch ${JSON.stringify(patchId)}`;
}

function describeCommand(command: TaskCommand): string {
  switch (command.kind) {
    case 'scheduleActivity':
      return `activity ${command.activityId} (${command.activityType})`;
    case 'requestCancelActivity':
      return 'the cancellation of an activity';
    case 'startTimer':
      return `timer ${command.timerId}`;
    case 'cancelTimer':
      return `the cancellation of timer ${command.timerId}`;
    case 'setPatchMarker':
      return describePatch(command);
    case 'recordLocalActivity':
      return `local activity ${command.seq} (${command.activityType})`;
    case 'startChildWorkflow':
      return `child workflow ${command.workflowId} (${command.workflowType})`;
    case 'signalExternalWorkflow':
      return 'a signal to another workflow';
    case 'requestCancelExternalWorkflow':
      return 'the cancellation of another workflow';
    case 'upsertSearchAttributes':
      return 'a change of search attributes';
    case 'modifyWorkflowProperties':
      return 'a change of the memo';
    case 'acceptUpdate':
      return `the acceptance of update ${command.protocolInstanceId}`;
    case 'rejectUpdate':
      return `the refusal of update ${command.protocolInstanceId}`;
    case 'completeUpdate':
      return `the completion of update ${command.protocolInstanceId}`;
    case 'completeWorkflow':
      return 'completion of the workflow';
    case 'failWorkflow':
      return 'failure of the workflow';
    case 'cancelWorkflow':
      return 'cancellation of the workflow';
    case 'continueAsNew':
      return 'to continue as new';
  }
}
