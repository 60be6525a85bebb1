/** Which events of a history are the workflow's own doing, and which just happened to it. */
import type { EventType, HistoryEvent } from '@perdure/protocol';

/** Events that stand for commands. */
const commandEvents: ReadonlySet<EventType> = new Set([
  'ActivityTaskScheduled',
  'ActivityTaskCancelRequested',
  'TimerStarted',
  'TimerCanceled',
  'MarkerRecorded',
  'StartChildWorkflowExecutionInitiated',
  'SignalExternalWorkflowExecutionInitiated',
  'RequestCancelExternalWorkflowExecutionInitiated',
  'UpsertWorkflowSearchAttributes',
  'WorkflowPropertiesModified',
  'WorkflowExecutionUpdateAccepted',
  'WorkflowExecutionUpdateCompleted',
  'WorkflowExecutionCompleted',
  'WorkflowExecutionFailed',
  'WorkflowExecutionCanceled',
  'WorkflowExecutionContinuedAsNew',
]);

/**
 * Events of the commands of the task whose WorkflowTaskCompleted stands at `completedAt`: those that
 * follow, up to the end of the next task.
 */
export function commandEventsOf(
  events: readonly HistoryEvent[],
  completedAt: number,
): HistoryEvent[] {
  const found: HistoryEvent[] = [];
  for (let i = completedAt + 1; i < events.length; i++) {
    const event = events[i]!;
    if (event.eventType === 'WorkflowTaskCompleted') break;
    if (commandEvents.has(event.eventType)) found.push(event);
  }
  return found;
}
