/** What the end of a run leaves behind: work that is owed to others, and nothing else. */
import type { WorkflowExecutionStatus } from '@perdure/common';
import type { EventOf, EventType } from '@perdure/protocol';
import type { DraftState } from './clone.ts';

/** Status by close event. */
const statuses = {
  WorkflowExecutionCompleted: 'COMPLETED',
  WorkflowExecutionFailed: 'FAILED',
  WorkflowExecutionCanceled: 'CANCELLED',
  WorkflowExecutionTimedOut: 'TIMED_OUT',
  WorkflowExecutionTerminated: 'TERMINATED',
  WorkflowExecutionContinuedAsNew: 'CONTINUED_AS_NEW',
} as const satisfies Partial<Record<EventType, WorkflowExecutionStatus>>;

type CloseEventType = keyof typeof statuses;

/** An event that closes a run. */
export type CloseEvent = { [T in CloseEventType]: EventOf<T> }[CloseEventType];

/** Whether an event closes a run. */
export function isCloseEvent(event: { readonly eventType: EventType }): event is CloseEvent {
  return event.eventType in statuses;
}

/** The run that follows the one an event closes; undefined when none does. */
export function successorOf(event: CloseEvent): string | undefined {
  return 'newExecutionRunId' in event.attributes ? event.attributes.newExecutionRunId : undefined;
}

/**
 * Closes the run. Children whose start is recorded stay until their close policy is carried out
 * (semantics 33), messages to others until they are delivered. Updates that were accepted stay for
 * good: whoever asks later is told that the run closed before they were done (44).
 */
export function applyClosed(state: DraftState, event: CloseEvent): void {
  state.status = statuses[event.eventType];
  state.closeTime = event.eventTime;
  state.firstWorkflowTaskAt = 0;
  state.startHold = 'signal';
  state.workflowTask = undefined;
  state.activities.clear();
  state.timers.clear();
  for (const { updateId, acceptedEventId } of state.updates.values()) {
    if (acceptedEventId === 0) state.updates.delete(updateId);
  }
  const goesOn = event.eventType === 'WorkflowExecutionContinuedAsNew';
  for (const { initiatedEventId, startedEventId, parentClosePolicy } of state.children.values()) {
    const concerned = !goesOn && startedEventId > 0 && parentClosePolicy !== 'ABANDON';
    if (!concerned) state.children.delete(initiatedEventId);
  }
  state.owesParent = state.parent !== undefined && successorOf(event) === undefined;
}
