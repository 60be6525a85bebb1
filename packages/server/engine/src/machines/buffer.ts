/**
 * External events while a workflow task runs (semantics, rules 1 and 2). Nothing is appended under
 * a started task: what arrives waits here, and follows the task's own events once it ends.
 */
import type { EventAttributes, EventType } from '@perdure/protocol';
import type { Draft } from '../draft.ts';
import type { BufferedEvent } from '../state/execution-state.ts';

/** Events that close something; they are moved after the others, so that starts precede ends. */
const results: ReadonlySet<EventType> = new Set<EventType>([
  'ActivityTaskCompleted',
  'ActivityTaskFailed',
  'ActivityTaskTimedOut',
  'ActivityTaskCanceled',
  'ChildWorkflowExecutionCompleted',
  'ChildWorkflowExecutionFailed',
  'ChildWorkflowExecutionCanceled',
  'ChildWorkflowExecutionTimedOut',
  'ChildWorkflowExecutionTerminated',
]);

const starts: ReadonlySet<EventType> = new Set<EventType>([
  'ActivityTaskStarted',
  'ChildWorkflowExecutionStarted',
]);

/** The event that asked for an activity or a child. */
interface Origin {
  readonly scheduledEventId?: number;
  readonly initiatedEventId?: number;
}

/** Whether external events must wait now. */
export function isBuffering(draft: Draft): boolean {
  return (draft.state.workflowTask?.startedEventId ?? 0) > 0;
}

/**
 * Records something the workflow must see: appended now, or buffered under a started task.
 *
 * @returns the event's id; 0 while it has none
 */
export function recordExternal<T extends EventType>(
  draft: Draft,
  eventType: T,
  attributes: EventAttributes<T>,
  at = draft.now,
): number {
  if (isBuffering(draft)) {
    draft.buffer(eventType, attributes);
    return 0;
  }
  draft.needsWorkflowTask = true;
  return draft.emit(eventType, attributes, at);
}

/** Appends what was buffered; call it when the workflow task has ended. Says if there was any. */
export function flushBuffered(draft: Draft): boolean {
  const waiting = draft.state.buffered;
  if (waiting.length === 0) return false;
  draft.set({ buffered: [] });
  draft.needsWorkflowTask = true;
  const startedIds = new Map<number, number>();
  for (const event of waiting) if (!results.has(event.eventType)) append(draft, event, startedIds);
  for (const event of waiting) if (results.has(event.eventType)) append(draft, event, startedIds);
  return true;
}

/**
 * A start gets its id only here, so the outcome that waits with it is told of it only here.
 *
 * @param startedIds of the starts appended so far, by the event that asked for them
 */
function append(draft: Draft, event: BufferedEvent, startedIds: Map<number, number>): void {
  const { eventType, eventTime } = event;
  const attributes = event.attributes as Origin;
  const origin = attributes.scheduledEventId ?? attributes.initiatedEventId ?? 0;
  const startedEventId = results.has(eventType) ? startedIds.get(origin) : undefined;
  const complete = startedEventId === undefined ? attributes : { ...attributes, startedEventId };
  const eventId = draft.emit(eventType, complete as never, eventTime);
  if (starts.has(eventType)) startedIds.set(origin, eventId);
}
