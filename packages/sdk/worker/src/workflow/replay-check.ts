/**
 * Holds the commands of a replayed task against the events that were recorded for it (semantics 51).
 * Compared: kind, activity id and type, timer id. Not compared: inputs and timeouts.
 */
import type { HistoryEvent } from '@perdure/protocol';
import type { SandboxCommand } from '@perdure/workflow/runtime';

/** The code does not do what it did before. */
export class NondeterminismError extends Error {
  override readonly name = 'NondeterminismError';
}

/** @throws NondeterminismError naming the event, what it records and what the code did instead */
export function checkReplay(
  commands: readonly SandboxCommand[],
  recorded: readonly HistoryEvent[],
): void {
  for (let i = 0; i < Math.max(commands.length, recorded.length); i++) {
    const event = recorded[i];
    const expected = event && describeEvent(event);
    const actual = commands[i] && describeCommand(commands[i]!);
    if (expected === actual) continue;
    const where = event
      ? `event ${event.eventId} records ${expected}`
      : 'the history records nothing more';
    const what = actual ? `the code asked for ${actual}` : 'the code asked for nothing';
    throw new NondeterminismError(
      `[TMPRL1100] Nondeterminism error: ${where}, but ${what}. The workflow code has changed in a way that running workflows cannot follow; bring back the old order of calls, or branch with patched()`,
    );
  }
}

function describeEvent(event: HistoryEvent): string {
  switch (event.eventType) {
    case 'ActivityTaskScheduled':
      return `activity ${event.attributes.activityId} (${event.attributes.activityType})`;
    case 'ActivityTaskCancelRequested':
      return 'the cancellation of an activity';
    case 'TimerStarted':
      return `timer ${event.attributes.timerId}`;
    case 'TimerCanceled':
      return `the cancellation of timer ${event.attributes.timerId}`;
    case 'WorkflowExecutionCompleted':
      return 'completion of the workflow';
    case 'WorkflowExecutionFailed':
      return 'failure of the workflow';
    case 'WorkflowExecutionCanceled':
      return 'cancellation of the workflow';
    default:
      return event.eventType;
  }
}

function describeCommand(command: SandboxCommand): string {
  switch (command.kind) {
    case 'scheduleActivity':
      return `activity ${command.activityId} (${command.activityType})`;
    case 'requestCancelActivity':
      return 'the cancellation of an activity';
    case 'startTimer':
      return `timer ${command.timerId}`;
    case 'cancelTimer':
      return `the cancellation of timer ${command.timerId}`;
    case 'completeWorkflow':
      return 'completion of the workflow';
    case 'failWorkflow':
      return 'failure of the workflow';
    case 'cancelWorkflow':
      return 'cancellation of the workflow';
  }
}
