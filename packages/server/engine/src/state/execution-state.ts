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
import type {
  CompiledRetryPolicy,
  IndexedFields,
  ParentClosePolicy,
  WorkflowExecutionStatus,
} from '@perdure/common';
import type {
  EventAttributes,
  EventType,
  Failure,
  PayloadBlob,
  Priority,
  UpdateRequest,
  WorkflowExecution,
} from '@perdure/protocol';

/** One run of a workflow. Replaced as a whole, never changed in place. */
export interface ExecutionState {
  readonly workflowId: string;
  readonly runId: string;
  readonly workflowType: string;
  readonly taskQueue: string;
  readonly firstExecutionRunId: string;
  readonly status: WorkflowExecutionStatus;
  readonly startTime: number;
  readonly closeTime: number;
  readonly workflowTaskTimeoutMs: number;
  /** Absolute; 0 when there is no run or execution timeout. */
  readonly runDeadline: number;
  /** First workflow task not before this time; 0 when at once, and once it is scheduled. */
  readonly firstWorkflowTaskAt: number;
  /** Id the next event will get. */
  readonly nextEventId: number;
  /** Time of the last event: event times never decrease. */
  readonly lastEventTime: number;
  /** WorkflowTaskStarted of the last completed workflow task: what the workflow code has seen. */
  readonly lastCompletedStartedEventId: number;
  readonly cancelRequested: boolean;
  readonly signalCount: number;
  readonly workflowTask: WorkflowTaskState | undefined;
  /** By scheduledEventId. */
  readonly activities: ReadonlyMap<number, ActivityState>;
  /** By timer id. */
  readonly timers: ReadonlyMap<string, TimerState>;
  /** What ends the wait for `firstWorkflowTaskAt` early (semantics 53-55, 59). */
  readonly startHold: StartHold;
  /** The workflow that this one is a child of. */
  readonly parent: ParentLink | undefined;
  /** Top of the tree of children; undefined when that is this run. */
  readonly root: WorkflowExecution | undefined;
  /** What decides whether another run follows this one; undefined when none ever does. */
  readonly succession: Succession | undefined;
  /**
   * Children that have not closed, by initiatedEventId. Once the run has closed: those that its
   * close concerns, until that is acknowledged.
   */
  readonly children: ReadonlyMap<number, ChildState>;
  /** Signals and cancel requests on their way to other workflows, by initiatedEventId. */
  readonly externals: ReadonlyMap<number, ExternalState>;
  /** Updates admitted or accepted and not completed, by update id. */
  readonly updates: ReadonlyMap<string, UpdateState>;
  /** Completed updates: id of the WorkflowExecutionUpdateCompleted event by update id. */
  readonly completedUpdates: ReadonlyMap<string, number>;
  /** The WorkflowPropertiesModified that holds the memo; 0 when the start does. */
  readonly memoEventId: number;
  /** What the workflow has changed of the search attributes it was started with; null takes away. */
  readonly upsertedSearchAttributes: IndexedFields | undefined;
  /** What activities and children take over that are given none of their own. */
  readonly priority: Priority | undefined;
  /** Whether a WorkflowTaskStarted has told the workflow to continue as new (semantics 75). */
  readonly continueAsNewSuggested: boolean;

  /** Volatile: events that wait for the started workflow task to end (semantics, rule 2). */
  readonly buffered: readonly BufferedEvent[];
  /** Volatile: failed attempts in a row of the workflow task; 0 after a completed one. */
  readonly workflowTaskFailures: number;
  /** Volatile: the worker session that has the run cached. */
  readonly stickySession: string | undefined;
  /** Volatile: when the store will wake this run; 0 when not armed. */
  readonly wakeAt: number;
  /** Volatile: request id of the start, for its idempotency. */
  readonly createRequestId: string;
  /** Volatile: size of the stored history, kept by whoever encodes it; 0 when nobody does. */
  readonly historyBytes: number;
  /** Volatile: since when workflow tasks have asked for another at once; 0 when they have not. */
  readonly taskHeartbeatSince: number;
  /** Volatile: a child whose start the parent is not known to have recorded; it has no task yet. */
  readonly awaitsParent: boolean;
  /** Volatile: the run has closed and its parent is not known to know. */
  readonly owesParent: boolean;
}

/** `signal`: any signal; `signalWithStart`: only that call; `nothing`: it is a back-off. */
export type StartHold = 'signal' | 'signalWithStart' | 'nothing';

/** Names the StartChildWorkflowExecutionInitiated that a run came from. */
export interface ParentLink extends WorkflowExecution {
  readonly initiatedEventId: number;
}

/** How a run is followed by another under the same workflow id (semantics 53, 54). */
export interface Succession {
  readonly attempt: number;
  readonly retryPolicy: CompiledRetryPolicy | undefined;
  readonly cronSchedule: string | undefined;
  /** No further run may begin after this time; 0 when there is no execution timeout. */
  readonly executionDeadline: number;
}

/** A child workflow that has not closed. */
export interface ChildState {
  readonly initiatedEventId: number;
  readonly workflowTaskCompletedEventId: number;
  readonly workflowId: string;
  readonly workflowType: string;
  readonly parentClosePolicy: ParentClosePolicy;
  /** ChildWorkflowExecutionStarted; 0 until it is recorded. */
  readonly startedEventId: number;
  /** First run of the child; known, though volatile, while its start is buffered. */
  readonly runId: string | undefined;
  /** Volatile: its outcome waits among the buffered events. */
  readonly outcomeBuffered: boolean;
}

/** A signal or a cancel request on its way to another workflow. */
export interface ExternalState extends ExternalTarget {
  readonly kind: 'signal' | 'cancel';
  readonly initiatedEventId: number;
  readonly workflowTaskCompletedEventId: number;
  /** Volatile: its outcome waits among the buffered events. */
  readonly outcomeBuffered: boolean;
}

/** The workflow that is meant; a run only if that one and no other is. */
export interface ExternalTarget {
  readonly workflowId: string;
  readonly runId: string | undefined;
  /** Only if it is a child of this run. */
  readonly childWorkflowOnly: boolean;
}

/** An update that is not completed. */
export interface UpdateState {
  readonly updateId: string;
  /** WorkflowExecutionUpdateAccepted; 0 while it is only admitted. */
  readonly acceptedEventId: number;
  /** Volatile: what it asks; kept until it is accepted. */
  readonly request: UpdateRequest | undefined;
  /** Volatile: startedEventId of the running workflow task that took it to the worker, or 0. */
  readonly deliveredIn: number;
}

/** The one workflow task that may be pending. */
export interface WorkflowTaskState {
  /** Of a transient attempt: the id its event will get when the attempt completes. */
  readonly scheduledEventId: number;
  /** 0 while it waits for a worker. */
  readonly startedEventId: number;
  /** 1, or the number of the retry: retries are transient, without events until they complete. */
  readonly attempt: number;
  /** When it was last handed to dispatch. */
  readonly scheduledAt: number;
  /** Volatile from here; 0 while it waits for a worker. */
  readonly startedAt: number;
  /** Worker session that runs it. */
  readonly session: string | undefined;
  /** Number drawn for this start; 0 for one that a worker ventured by itself (a fused step). */
  readonly fence: number;
  /** Held back until this time (pacing of failing tasks); 0 once it is dispatched. */
  readonly notBefore: number;
  /** Scheduled for updates alone: it leaves no events if it does nothing (semantics 42). */
  readonly speculative: boolean;
}

/** An activity that is scheduled and not closed. */
export interface ActivityState {
  readonly scheduledEventId: number;
  readonly activityId: string;
  readonly activityType: string;
  readonly taskQueue: string;
  readonly scheduledAt: number;
  /** 0 means none, for each of the four. */
  readonly scheduleToCloseTimeoutMs: number;
  readonly scheduleToStartTimeoutMs: number;
  readonly startToCloseTimeoutMs: number;
  readonly heartbeatTimeoutMs: number;
  readonly retryPolicy: CompiledRetryPolicy;
  /** ActivityTaskCancelRequested; 0 when not requested. */
  readonly cancelRequestedEventId: number;

  /** Volatile from here. Current attempt, from 1. */
  readonly attempt: number;
  /** When the current attempt was (or will be) handed to dispatch; in the future while backing off. */
  readonly attemptScheduledAt: number;
  /** Whether the current attempt's dispatch is out (false while backing off). */
  readonly dispatched: boolean;
  /** 0 while the attempt waits for a worker. */
  readonly startedAt: number;
  readonly session: string | undefined;
  readonly identity: string | undefined;
  /** Of the current attempt; 0 before its first heartbeat. */
  readonly lastHeartbeatAt: number;
  /** Of this or an earlier attempt. */
  readonly heartbeatDetails: PayloadBlob | undefined;
  /** Of the attempt before. */
  readonly lastFailure: Failure | undefined;
  /** Its outcome is decided and waits among the buffered events; nothing more can happen to it. */
  readonly outcomeBuffered: boolean;
}

/** A timer that has not fired. */
export interface TimerState {
  readonly timerId: string;
  readonly startedEventId: number;
  readonly fireAt: number;
  /** Volatile: its TimerFired waits among the buffered events. */
  readonly firedBuffered: boolean;
}

/** An event that has no id yet. */
export type BufferedEvent = {
  [T in EventType]: {
    readonly eventType: T;
    readonly eventTime: number;
    readonly attributes: EventAttributes<T>;
  };
}[EventType];

/** Whether the run has ended. A closed run never changes again. */
export function isClosed(state: ExecutionState): boolean {
  return state.status !== 'RUNNING';
}
