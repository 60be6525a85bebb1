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
]);

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

/** ActivityTaskStarted gets its id only here, so the outcome is told of it only here. */
function append(draft: Draft, event: BufferedEvent, startedIds: Map<number, number>): void {
  switch (event.eventType) {
    case 'ActivityTaskStarted': {
      const eventId = draft.emit(event.eventType, event.attributes, event.eventTime);
      startedIds.set(event.attributes.scheduledEventId, eventId);
      return;
    }
    case 'ActivityTaskCompleted':
    case 'ActivityTaskFailed':
    case 'ActivityTaskTimedOut':
    case 'ActivityTaskCanceled': {
      const startedEventId = startedIds.get(event.attributes.scheduledEventId) ?? 0;
      const attributes = { ...event.attributes, startedEventId };
      draft.emit(event.eventType, attributes as never, event.eventTime);
      return;
    }
    default:
      draft.emit(event.eventType, event.attributes as never, event.eventTime);
  }
}
