/**
 * The event types of a history, with Temporal's public names, numbers and attributes
 * (blueprint, promise 5). Times are milliseconds since the Unix epoch, durations milliseconds.
 *
 * To add a type: add it to the list it belongs to, fold it in engine/state, and, if workflow code
 * must see it, give it a job in sdk/worker. Numbers are never reused.
 */
import type { ValueOf } from '../record.ts';
import { executionEvents } from './execution-events.ts';
import { otherWorkflowEvents } from './other-workflow-events.ts';
import { taskEvents } from './task-events.ts';

/** Type number and attributes of every event type. */
export const eventDefinitions = {
  ...executionEvents,
  ...taskEvents,
  ...otherWorkflowEvents,
} as const;

/** Name of an event type. */
export type EventType = keyof typeof eventDefinitions;

/** The attributes of one event type. */
export type EventAttributes<T extends EventType> = ValueOf<(typeof eventDefinitions)[T][1]>;

/** One event of type `T`. */
export interface EventOf<T extends EventType> {
  /** Dense, starting at 1 (semantics, rule 3). */
  readonly eventId: number;
  /** Milliseconds since the Unix epoch; never decreases along a history. */
  readonly eventTime: number;
  readonly eventType: T;
  readonly attributes: EventAttributes<T>;
}

/** Any event. */
export type HistoryEvent = { [T in EventType]: EventOf<T> }[EventType];
