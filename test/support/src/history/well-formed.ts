/**
 * What must hold of any history, however it came about: ids, times, references, and that everything
 * which began ended at most once (semantics §1).
 */
import type { EventType, HistoryEvent } from '@perdure/protocol';

const CLOSE_EVENTS: ReadonlySet<EventType> = new Set([
  'WorkflowExecutionCompleted',
  'WorkflowExecutionFailed',
  'WorkflowExecutionTimedOut',
  'WorkflowExecutionCanceled',
  'WorkflowExecutionTerminated',
  'WorkflowExecutionContinuedAsNew',
]);

/** For each attribute that refers to an event: which types it may refer to, by the referring type. */
const STARTED_BY: Readonly<Partial<Record<EventType, EventType>>> = {
  WorkflowTaskCompleted: 'WorkflowTaskStarted',
  WorkflowTaskFailed: 'WorkflowTaskStarted',
  WorkflowTaskTimedOut: 'WorkflowTaskStarted',
  ActivityTaskCompleted: 'ActivityTaskStarted',
  ActivityTaskFailed: 'ActivityTaskStarted',
  ActivityTaskTimedOut: 'ActivityTaskStarted',
  ActivityTaskCanceled: 'ActivityTaskStarted',
  TimerFired: 'TimerStarted',
  TimerCanceled: 'TimerStarted',
  ChildWorkflowExecutionCompleted: 'ChildWorkflowExecutionStarted',
  ChildWorkflowExecutionFailed: 'ChildWorkflowExecutionStarted',
  ChildWorkflowExecutionCanceled: 'ChildWorkflowExecutionStarted',
  ChildWorkflowExecutionTimedOut: 'ChildWorkflowExecutionStarted',
  ChildWorkflowExecutionTerminated: 'ChildWorkflowExecutionStarted',
};

const child = 'StartChildWorkflowExecutionInitiated';
const signal = 'SignalExternalWorkflowExecutionInitiated';
const cancelRequest = 'RequestCancelExternalWorkflowExecutionInitiated';

/** The same for what concerns other workflows: the event that asked for it. */
const INITIATED_BY: Readonly<Partial<Record<EventType, EventType>>> = {
  StartChildWorkflowExecutionFailed: child,
  ChildWorkflowExecutionStarted: child,
  ChildWorkflowExecutionCompleted: child,
  ChildWorkflowExecutionFailed: child,
  ChildWorkflowExecutionCanceled: child,
  ChildWorkflowExecutionTimedOut: child,
  ChildWorkflowExecutionTerminated: child,
  ExternalWorkflowExecutionSignaled: signal,
  SignalExternalWorkflowExecutionFailed: signal,
  ExternalWorkflowExecutionCancelRequested: cancelRequest,
  RequestCancelExternalWorkflowExecutionFailed: cancelRequest,
};

/** Types whose start may be missing: they ended before a worker had them. */
const MAY_LACK_START: ReadonlySet<EventType> = new Set([
  'ActivityTaskTimedOut',
  'ActivityTaskCanceled',
]);

interface References {
  readonly scheduledEventId?: number;
  readonly startedEventId?: number;
  readonly initiatedEventId?: number;
  readonly acceptedEventId?: number;
  readonly workflowTaskCompletedEventId?: number;
}

/**
 * What is wrong with a history; empty for a good one.
 *
 * @param closed whether the run is over; then the last event, and no other, is a close
 */
export function flawsOf(events: readonly HistoryEvent[], closed: boolean): string[] {
  const flaws: string[] = [];
  const ended = new Set<number>();
  events.forEach((event, i) => {
    const say = (what: string): unknown =>
      flaws.push(`event ${event.eventId} (${event.eventType}): ${what}`);
    checkPlace(events, i, closed, say);
    checkReferences(events, event, say);
    checkEnd(event, ended, say);
  });
  if (events.length === 0) flaws.push('there are no events');
  return flaws;
}

function checkPlace(
  events: readonly HistoryEvent[],
  i: number,
  closed: boolean,
  say: (what: string) => unknown,
): void {
  const { eventId, eventTime, eventType } = events[i]!;
  if (eventId !== i + 1) say(`wanted id ${i + 1}`);
  if (i > 0 && eventTime < events[i - 1]!.eventTime) say('is earlier than the event before it');
  if ((i === 0) !== (eventType === 'WorkflowExecutionStarted')) say('is not where a start belongs');
  const shouldClose = closed && i === events.length - 1;
  if (CLOSE_EVENTS.has(eventType) !== shouldClose) {
    say(shouldClose ? 'is the last of a closed run and no close' : 'closes a run that went on');
  }
}

function checkReferences(
  events: readonly HistoryEvent[],
  event: HistoryEvent,
  say: (what: string) => unknown,
): void {
  const { eventType } = event;
  const refs = event.attributes as References;
  const refersTo = (id: number, type: EventType): void => {
    const target = events[id - 1];
    if (id >= event.eventId || target?.eventType !== type) {
      say(`refers to event ${id}, which is ${target?.eventType ?? 'missing'}, not ${type}`);
    }
  };
  if (refs.workflowTaskCompletedEventId !== undefined) {
    refersTo(refs.workflowTaskCompletedEventId, 'WorkflowTaskCompleted');
  }
  if (refs.scheduledEventId !== undefined) {
    const isTask = eventType.startsWith('WorkflowTask');
    refersTo(refs.scheduledEventId, isTask ? 'WorkflowTaskScheduled' : 'ActivityTaskScheduled');
  }
  const initiator = INITIATED_BY[eventType];
  if (initiator !== undefined) refersTo(refs.initiatedEventId ?? 0, initiator);
  if (eventType === 'WorkflowExecutionUpdateCompleted') {
    refersTo(refs.acceptedEventId ?? 0, 'WorkflowExecutionUpdateAccepted');
  }
  const start = STARTED_BY[eventType];
  if (start === undefined || refs.startedEventId === undefined) return;
  if (refs.startedEventId === 0 && MAY_LACK_START.has(eventType)) return;
  refersTo(refs.startedEventId, start);
  checkSameThing(events, event, refs, say);
}

/** The start that an end refers to must be of the same task, activity, timer or child. */
function checkSameThing(
  events: readonly HistoryEvent[],
  event: HistoryEvent,
  refs: References,
  say: (what: string) => unknown,
): void {
  const started = events[refs.startedEventId! - 1]?.attributes as
    | (References & { timerId?: string })
    | undefined;
  const { timerId } = event.attributes as { timerId?: string };
  if (started?.timerId !== timerId) say('ends another timer than it names');
  if (started?.initiatedEventId !== refs.initiatedEventId) say('ends another child than it names');
  if (refs.scheduledEventId !== undefined && started?.scheduledEventId !== refs.scheduledEventId) {
    say('its start and its schedule are not of the same task');
  }
}

/** Whatever was scheduled, started or asked for ends once. */
function checkEnd(event: HistoryEvent, ended: Set<number>, say: (what: string) => unknown): void {
  const { eventType } = event;
  const isEnd = STARTED_BY[eventType] ?? INITIATED_BY[eventType];
  if (isEnd === undefined || eventType === 'ChildWorkflowExecutionStarted') return;
  const { scheduledEventId, initiatedEventId, startedEventId } = event.attributes as References;
  const began = scheduledEventId ?? initiatedEventId ?? startedEventId ?? 0;
  if (ended.has(began)) say(`what event ${began} began has ended before`);
  ended.add(began);
}
