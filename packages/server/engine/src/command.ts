/** What can happen to a run: the inputs of the engine. One kind, one file in `decide/`. */
import type {
  CompiledRetryPolicy,
  ContinueAsNewInitiator,
  IndexedFields,
  RetryState,
} from '@perdure/common';
import type {
  Command,
  ExternalFailedCause,
  Failure,
  PayloadBlob,
  Priority,
  StartChildFailedCause,
  UpdateRequest,
  UserMetadata,
  WorkflowExecution,
  WorkflowTaskFailedCause,
} from '@perdure/protocol';
import type { ParentLink } from './state/execution-state.ts';

/** Begins a run. Only on an empty transition. */
export interface StartWorkflow {
  readonly kind: 'startWorkflow';
  readonly workflowId: string;
  readonly runId: string;
  readonly workflowType: string;
  readonly taskQueue: string;
  readonly input?: PayloadBlob;
  readonly header?: PayloadBlob;
  readonly memo?: PayloadBlob;
  readonly workflowExecutionTimeoutMs?: number;
  readonly workflowRunTimeoutMs?: number;
  /** Default 10 s, at most 120 s. */
  readonly workflowTaskTimeoutMs?: number;
  readonly startDelayMs?: number;
  readonly retryPolicy?: CompiledRetryPolicy;
  /** Five fields, in UTC; the first workflow task waits for the first time it names. */
  readonly cronSchedule?: string;
  readonly searchAttributes?: IndexedFields;
  readonly priority?: Priority;
  readonly userMetadata?: UserMetadata;
  /** Set for a child. */
  readonly parent?: ParentLink;
  /** No workflow task before {@link BeginChild}: the parent is to record the start (semantics 33). */
  readonly awaitsParent?: boolean;
  /** Top of the tree of children, if that is another workflow. */
  readonly root?: WorkflowExecution;
  /** Set for a run that follows another (see `nextRunCommand`). */
  readonly chain?: ChainPlace;
  /** Said to the run from the beginning: it precedes the first workflow task (semantics 37, 45). */
  readonly message?: SignalWorkflow | UpdateWorkflow;
  readonly identity?: string;
  readonly requestId: string;
}

/** Where a run stands in a chain of runs under one workflow id (semantics 53-55). */
export interface ChainPlace {
  readonly firstExecutionRunId: string;
  readonly continuedExecutionRunId: string;
  readonly initiator: ContinueAsNewInitiator;
  readonly attempt: number;
  readonly continuedFailure?: Failure;
  readonly lastCompletionResult?: PayloadBlob;
  /** When the execution timeout of the whole chain ends. */
  readonly executionExpirationTime?: number;
}

/** The workflow that sent something. */
interface FromWorkflow {
  readonly externalWorkflowExecution?: WorkflowExecution;
  /** Rejected as notFound unless the run is a child of that one. */
  readonly onlyChildOf?: WorkflowExecution;
}

export interface SignalWorkflow extends FromWorkflow {
  readonly kind: 'signalWorkflow';
  readonly signalName: string;
  readonly input?: PayloadBlob;
  readonly header?: PayloadBlob;
  readonly identity?: string;
  /** The signal of a signalWithStart (semantics 37, 59). */
  readonly withStart?: boolean;
}

export interface RequestCancelWorkflow extends FromWorkflow {
  readonly kind: 'requestCancelWorkflow';
  readonly cause?: string;
  readonly identity?: string;
  readonly externalInitiatedEventId?: number;
}

/** Brings an update before the workflow; the same id again changes nothing (semantics 41-44). */
export interface UpdateWorkflow {
  readonly kind: 'updateWorkflow';
  readonly request: UpdateRequest;
}

/** A transfer's report: the child runs. */
export interface RecordChildStarted {
  readonly kind: 'recordChildStarted';
  readonly initiatedEventId: number;
  readonly childRunId: string;
}

/** A transfer's report: there will be no child. */
export interface RecordChildStartFailed {
  readonly kind: 'recordChildStartFailed';
  readonly initiatedEventId: number;
  readonly cause: StartChildFailedCause;
}

/** The parent has recorded that this child was started: its first workflow task may come. */
export interface BeginChild {
  readonly kind: 'beginChild';
}

/** The child's own report: its chain of runs has ended. */
export interface RecordChildClosed {
  readonly kind: 'recordChildClosed';
  readonly initiatedEventId: number;
  /** The first run of the child's chain. */
  readonly childRunId: string;
  readonly outcome: ChildOutcome;
}

/** How a child ended. */
export type ChildOutcome =
  | { readonly status: 'COMPLETED'; readonly result?: PayloadBlob }
  | { readonly status: 'FAILED'; readonly failure: Failure; readonly retryState: RetryState }
  | { readonly status: 'CANCELLED'; readonly details?: PayloadBlob }
  | { readonly status: 'TIMED_OUT'; readonly retryState: RetryState }
  | { readonly status: 'TERMINATED' };

/** A transfer's report: the signal or cancel request was delivered, or could not be. */
export interface RecordExternalOutcome {
  readonly kind: 'recordExternalOutcome';
  readonly initiatedEventId: number;
  /** Absent when it was delivered. */
  readonly failedCause?: ExternalFailedCause;
}

/** A transfer's report about a closed run: what its close asked for has been done. */
export interface AcknowledgeTransfer {
  readonly kind: 'acknowledgeTransfer';
  readonly transfer: 'notifyParent' | 'closeChildren';
}

export interface TerminateWorkflow {
  readonly kind: 'terminateWorkflow';
  readonly reason?: string;
  readonly details?: PayloadBlob;
  readonly identity?: string;
}

/** A worker session takes the scheduled workflow task. */
export interface StartWorkflowTask {
  readonly kind: 'startWorkflowTask';
  readonly scheduledEventId: number;
  readonly attempt: number;
  /** Tells this start from every other that was decided for the same event and attempt. */
  readonly fence: number;
  readonly session: string;
  readonly identity: string;
}

/** Names one start of a workflow task. */
export interface StartedWorkflowTask {
  readonly startedEventId: number;
  readonly attempt: number;
  readonly fence: number;
}

export interface CompleteWorkflowTask extends StartedWorkflowTask {
  readonly kind: 'completeWorkflowTask';
  readonly session: string;
  readonly identity: string;
  readonly commands: readonly Command[];
  /** Follow with another task at once: a long local activity keeps the task alive (semantics 62). */
  readonly forceCreateNewTask?: boolean;
}

export interface FailWorkflowTask extends StartedWorkflowTask {
  readonly kind: 'failWorkflowTask';
  readonly identity: string;
  readonly cause: WorkflowTaskFailedCause;
  readonly failure?: Failure;
}

/** Asks whether this start of the workflow task stands. Changes nothing. */
export interface ConfirmWorkflowTask extends StartedWorkflowTask {
  readonly kind: 'confirmWorkflowTask';
}

/** The session that ran the task is gone: time it out now (blueprint §7). */
export interface LoseWorkflowTask extends StartedWorkflowTask {
  readonly kind: 'loseWorkflowTask';
}

/** A worker session takes a waiting attempt. */
export interface StartActivity {
  readonly kind: 'startActivity';
  readonly scheduledEventId: number;
  readonly attempt: number;
  readonly session: string;
  readonly identity: string;
}

interface ActivityOutcome {
  readonly scheduledEventId: number;
  readonly attempt: number;
  readonly identity: string;
}

export interface CompleteActivity extends ActivityOutcome {
  readonly kind: 'completeActivity';
  readonly result?: PayloadBlob;
}

export interface FailActivity extends ActivityOutcome {
  readonly kind: 'failActivity';
  readonly failure: Failure;
}

/** The activity confirmed a requested cancellation. */
export interface CancelActivity extends ActivityOutcome {
  readonly kind: 'cancelActivity';
  readonly details?: PayloadBlob;
}

export interface HeartbeatActivity {
  readonly kind: 'heartbeatActivity';
  readonly scheduledEventId: number;
  readonly attempt: number;
  readonly details?: PayloadBlob;
}

/** The worker lets go of a running attempt: someone else will complete it (semantics 14). */
export interface DetachActivity {
  readonly kind: 'detachActivity';
  readonly scheduledEventId: number;
  readonly attempt: number;
}

/**
 * The session that ran the attempt is gone: retry at once if the policy allows another attempt,
 * else leave it to its deadlines.
 */
export interface LoseActivity {
  readonly kind: 'loseActivity';
  readonly scheduledEventId: number;
  readonly attempt: number;
}

/** A fused step: see `step` in protocol/stream. */
export interface CompleteStep {
  readonly kind: 'completeStep';
  readonly session: string;
  readonly identity: string;
  readonly results: readonly {
    readonly scheduledEventId: number;
    readonly attempt: number;
    readonly result?: PayloadBlob;
  }[];
  readonly assumedNextEventId: number;
  readonly workflowTimeMs: number;
  readonly commands: readonly Command[];
}

/** Fires whatever is due. Finding nothing is normal: timers are lazy. */
export interface WakeUp {
  readonly kind: 'wakeUp';
}

/** Any input of the engine. */
export type EngineCommand =
  | StartWorkflow
  | SignalWorkflow
  | RequestCancelWorkflow
  | TerminateWorkflow
  | UpdateWorkflow
  | RecordChildStarted
  | BeginChild
  | RecordChildStartFailed
  | RecordChildClosed
  | RecordExternalOutcome
  | AcknowledgeTransfer
  | StartWorkflowTask
  | CompleteWorkflowTask
  | FailWorkflowTask
  | ConfirmWorkflowTask
  | LoseWorkflowTask
  | StartActivity
  | CompleteActivity
  | FailActivity
  | CancelActivity
  | HeartbeatActivity
  | DetachActivity
  | LoseActivity
  | CompleteStep
  | WakeUp;
