/** What can happen to a run: the inputs of the engine. One kind, one file in `decide/`. */
import type { CompiledRetryPolicy } from '@perdure/common';
import type { Command, Failure, PayloadBlob, WorkflowTaskFailedCause } from '@perdure/protocol';

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
  readonly identity?: string;
  readonly requestId: string;
}

export interface SignalWorkflow {
  readonly kind: 'signalWorkflow';
  readonly signalName: string;
  readonly input?: PayloadBlob;
  readonly header?: PayloadBlob;
  readonly identity?: string;
}

export interface RequestCancelWorkflow {
  readonly kind: 'requestCancelWorkflow';
  readonly cause?: string;
  readonly identity?: string;
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
}

export interface FailWorkflowTask extends StartedWorkflowTask {
  readonly kind: 'failWorkflowTask';
  readonly identity: string;
  readonly cause: WorkflowTaskFailedCause;
  readonly failure?: Failure;
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
  | StartWorkflowTask
  | CompleteWorkflowTask
  | FailWorkflowTask
  | LoseWorkflowTask
  | StartActivity
  | CompleteActivity
  | FailActivity
  | CancelActivity
  | HeartbeatActivity
  | LoseActivity
  | CompleteStep
  | WakeUp;
