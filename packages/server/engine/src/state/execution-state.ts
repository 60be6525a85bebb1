/**
 * The summary of one run that decisions are made from (Temporal's "mutable state").
 *
 * Two kinds of fact live here. *Durable* facts are a fold of the history and can be rebuilt from it
 * at any time (`fold`, property-tested). *Volatile* facts have no event: who is running what, how
 * often it failed, what waits to be appended. They are marked below; losing them would cost
 * retries, never history.
 *
 * Times are milliseconds since the Unix epoch; 0 means "not".
 */
import type { CompiledRetryPolicy, WorkflowExecutionStatus } from '@perdure/common';
import type { EventAttributes, EventType, Failure, PayloadBlob } from '@perdure/protocol';

/** One run of a workflow. */
export interface ExecutionState {
  readonly workflowId: string;
  readonly runId: string;
  readonly workflowType: string;
  readonly taskQueue: string;
  readonly firstExecutionRunId: string;
  status: WorkflowExecutionStatus;
  readonly startTime: number;
  closeTime: number;
  readonly workflowTaskTimeoutMs: number;
  /** Absolute; 0 when there is no run or execution timeout. */
  readonly runDeadline: number;
  /** First workflow task not before this time; 0 when at once. */
  readonly firstWorkflowTaskAt: number;
  /** Id the next event will get. */
  nextEventId: number;
  /** Time of the last event: event times never decrease. */
  lastEventTime: number;
  /** WorkflowTaskStarted of the last completed workflow task: what the workflow code has seen. */
  lastCompletedStartedEventId: number;
  cancelRequested: boolean;
  signalCount: number;
  workflowTask: WorkflowTaskState | undefined;
  /** By scheduledEventId. */
  readonly activities: Map<number, ActivityState>;
  /** By timer id. */
  readonly timers: Map<string, TimerState>;

  /** Volatile: events that wait for the started workflow task to end (semantics, rule 2). */
  buffered: BufferedEvent[];
  /** Volatile: failed attempts in a row of the workflow task; 0 after a completed one. */
  workflowTaskFailures: number;
  /** Volatile: the worker session that has the run cached. */
  stickySession: string | undefined;
  /** Volatile: when the store will wake this run; 0 when not armed. */
  wakeAt: number;
  /** Volatile: request id of the start, for its idempotency. */
  readonly createRequestId: string;
}

/** The one workflow task that may be pending. */
export interface WorkflowTaskState {
  readonly scheduledEventId: number;
  /** 0 while it waits for a worker. */
  startedEventId: number;
  /** 1, or the number of the retry: retries are transient, without events until they complete. */
  readonly attempt: number;
  readonly scheduledAt: number;
  /** Volatile from here. */
  startedAt: number;
  /** Worker session that runs it. */
  session: string | undefined;
  /** Not to be dispatched before this time (pacing of failing tasks); 0 when at once. */
  notBefore: number;
}

/** An activity that is scheduled and not closed. */
export interface ActivityState {
  readonly scheduledEventId: number;
  readonly activityId: string;
  readonly activityType: string;
  readonly taskQueue: string;
  readonly scheduledAt: number;
  readonly scheduleToCloseTimeoutMs: number;
  readonly scheduleToStartTimeoutMs: number;
  readonly startToCloseTimeoutMs: number;
  readonly heartbeatTimeoutMs: number;
  readonly retryPolicy: CompiledRetryPolicy;
  /** ActivityTaskCancelRequested; 0 when not requested. */
  cancelRequestedEventId: number;

  /** Volatile from here. Current attempt, from 1. */
  attempt: number;
  /** When the current attempt was (or will be) handed to dispatch; in the future while backing off. */
  attemptScheduledAt: number;
  /** Whether the current attempt's dispatch is out (false while backing off). */
  dispatched: boolean;
  /** 0 while the attempt waits for a worker. */
  startedAt: number;
  session: string | undefined;
  identity: string | undefined;
  lastHeartbeatAt: number;
  heartbeatDetails: PayloadBlob | undefined;
  /** Of the attempt before. */
  lastFailure: Failure | undefined;
}

/** A timer that has not fired. */
export interface TimerState {
  readonly timerId: string;
  readonly startedEventId: number;
  readonly fireAt: number;
}

/** An event that has no id yet. */
export type BufferedEvent = {
  [T in EventType]: {
    readonly eventType: T;
    readonly eventTime: number;
    readonly attributes: EventAttributes<T>;
  };
}[EventType];
