/**
 * The event types of a history, with Temporal's public names, numbers and attributes
 * (blueprint, promise 5). Times are milliseconds since the Unix epoch, durations milliseconds.
 *
 * To add a type: add it here, fold it in engine/state, and, if workflow code must see it, give it a
 * job in sdk/worker.
 */
import { failure, retryState, timeoutType } from '../failure.ts';
import { blob } from '../payload.ts';
import { type ValueOf, count, flag, name, optional, record, text, uuid, word } from '../record.ts';
import { retryPolicy } from '../retry-policy.ts';

/** Why a workflow task failed. */
export const workflowTaskFailedCauses = [
  'WORKFLOW_WORKER_UNHANDLED_FAILURE',
  'UNHANDLED_COMMAND',
  'NON_DETERMINISTIC_ERROR',
  'BAD_COMMAND_ATTRIBUTES',
  'FORCE_CLOSE_COMMAND',
  'PENDING_ACTIVITIES_LIMIT_EXCEEDED',
] as const;

/** One of {@link workflowTaskFailedCauses}. */
export type WorkflowTaskFailedCause = (typeof workflowTaskFailedCauses)[number];
export const workflowTaskFailedCause = word(workflowTaskFailedCauses);

/** Type number and attributes of every event type. */
export const eventDefinitions = {
  WorkflowExecutionStarted: [
    1,
    record({
      workflowType: name,
      taskQueue: name,
      input: optional(blob),
      workflowExecutionTimeoutMs: optional(count),
      workflowRunTimeoutMs: optional(count),
      workflowTaskTimeoutMs: count,
      identity: optional(name),
      firstExecutionRunId: uuid,
      originalExecutionRunId: optional(uuid),
      attempt: count,
      workflowId: name,
      memo: optional(blob),
      header: optional(blob),
      retryPolicy: optional(retryPolicy),
      firstWorkflowTaskBackoffMs: optional(count),
    }),
  ],
  WorkflowExecutionCompleted: [
    2,
    record({ workflowTaskCompletedEventId: count, result: optional(blob) }),
  ],
  WorkflowExecutionFailed: [
    3,
    record({ workflowTaskCompletedEventId: count, failure, retryState }),
  ],
  WorkflowExecutionTimedOut: [4, record({ retryState })],
  WorkflowTaskScheduled: [
    5,
    record({ taskQueue: name, startToCloseTimeoutMs: count, attempt: count }),
  ],
  WorkflowTaskStarted: [6, record({ scheduledEventId: count, identity: optional(name) })],
  WorkflowTaskCompleted: [
    7,
    record({ scheduledEventId: count, startedEventId: count, identity: optional(name) }),
  ],
  WorkflowTaskTimedOut: [
    8,
    record({ scheduledEventId: count, startedEventId: count, timeoutType }),
  ],
  WorkflowTaskFailed: [
    9,
    record({
      scheduledEventId: count,
      startedEventId: count,
      cause: workflowTaskFailedCause,
      failure: optional(failure),
      identity: optional(name),
    }),
  ],
  ActivityTaskScheduled: [
    10,
    record({
      activityId: name,
      activityType: name,
      taskQueue: name,
      workflowTaskCompletedEventId: count,
      input: optional(blob),
      scheduleToCloseTimeoutMs: optional(count),
      scheduleToStartTimeoutMs: optional(count),
      startToCloseTimeoutMs: optional(count),
      heartbeatTimeoutMs: optional(count),
      retryPolicy: optional(retryPolicy),
      header: optional(blob),
    }),
  ],
  ActivityTaskStarted: [
    11,
    record({
      scheduledEventId: count,
      attempt: count,
      identity: optional(name),
      lastFailure: optional(failure),
    }),
  ],
  ActivityTaskCompleted: [
    12,
    record({
      scheduledEventId: count,
      startedEventId: count,
      result: optional(blob),
      identity: optional(name),
    }),
  ],
  ActivityTaskFailed: [
    13,
    record({
      scheduledEventId: count,
      startedEventId: count,
      failure,
      retryState,
      identity: optional(name),
    }),
  ],
  ActivityTaskTimedOut: [
    14,
    record({ scheduledEventId: count, startedEventId: count, failure, retryState }),
  ],
  ActivityTaskCancelRequested: [
    15,
    record({ scheduledEventId: count, workflowTaskCompletedEventId: count }),
  ],
  ActivityTaskCanceled: [
    16,
    record({
      scheduledEventId: count,
      startedEventId: count,
      latestCancelRequestedEventId: count,
      details: optional(blob),
      identity: optional(name),
    }),
  ],
  TimerStarted: [
    17,
    record({ timerId: name, startToFireTimeoutMs: count, workflowTaskCompletedEventId: count }),
  ],
  TimerFired: [18, record({ timerId: name, startedEventId: count })],
  TimerCanceled: [
    19,
    record({
      timerId: name,
      startedEventId: count,
      workflowTaskCompletedEventId: count,
      identity: optional(name),
    }),
  ],
  WorkflowExecutionCancelRequested: [
    20,
    record({ cause: optional(text), identity: optional(name) }),
  ],
  WorkflowExecutionCanceled: [
    21,
    record({ workflowTaskCompletedEventId: count, details: optional(blob) }),
  ],
  WorkflowExecutionSignaled: [
    26,
    record({
      signalName: name,
      input: optional(blob),
      identity: optional(name),
      header: optional(blob),
      skipGenerateWorkflowTask: optional(flag),
    }),
  ],
  WorkflowExecutionTerminated: [
    27,
    record({ reason: optional(text), details: optional(blob), identity: optional(name) }),
  ],
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
