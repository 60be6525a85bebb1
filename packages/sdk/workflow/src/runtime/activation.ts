/**
 * The border between the worker (host) and the sandbox: what the host tells a run, and what the run
 * asks for. Plain data both ways, so that a sandbox can sit in another thread.
 *
 * Payloads cross already opened; the payload converter runs inside the sandbox, so that workflow
 * code sees objects of its own realm. Keys never come here.
 *
 * Calls whose outcome the history tells by the event that initiated them (children, signals and
 * cancel requests to other workflows, local activities) are numbered from 1, each kind by itself, in
 * the order in which their commands are sent. A call taken back before it was sent has no number, so
 * the numbers can be counted off the history.
 */
import type {
  CompiledRetryPolicy,
  DecodedFailure,
  Headers,
  IndexedFields,
  Payload,
  Priority,
  RetryState,
} from '@perdure/common';
import type { ChildWorkflowOptionsOfCommand, ContinueAsNewCommand } from './command-options.ts';

/** Names a run of a workflow, or its latest. */
export interface ExecutionName {
  readonly workflowId: string;
  readonly runId?: string;
}

/** Facts of a run that do not change. */
export interface RunFacts {
  readonly namespace: string;
  readonly workflowId: string;
  readonly runId: string;
  readonly firstExecutionRunId: string;
  readonly originalExecutionRunId?: string;
  readonly continuedFromExecutionRunId?: string;
  readonly workflowType: string;
  readonly taskQueue: string;
  /** Attempt of the *run* (workflow retry policy), from 1. */
  readonly attempt: number;
  /** Milliseconds since the Unix epoch: when the chain of runs began. Default: as the run. */
  readonly chainStartTimeMs?: number;
  /** Milliseconds since the Unix epoch: eventTime of WorkflowExecutionStarted. */
  readonly startTimeMs: number;
  readonly executionTimeoutMs?: number;
  /** Milliseconds since the Unix epoch. */
  readonly executionExpirationTimeMs?: number;
  readonly runTimeoutMs?: number;
  readonly taskTimeoutMs: number;
  readonly retryPolicy?: CompiledRetryPolicy;
  readonly cronSchedule?: string;
  readonly cronScheduleToScheduleIntervalMs?: number;
  readonly parent?: {
    readonly workflowId: string;
    readonly runId: string;
    readonly namespace: string;
  };
  readonly root?: { readonly workflowId: string; readonly runId: string };
  /** One payload: the whole memo as a record. */
  readonly memo?: readonly Payload[];
  readonly searchAttributes?: IndexedFields;
  readonly lastResult?: readonly Payload[];
  readonly lastFailure?: DecodedFailure;
  readonly priority?: Priority;
  /** What random numbers come from. Default: the run id. */
  readonly randomSeed?: string;
}

/** How an activity, a local activity or a child ended. */
export type Outcome =
  | { readonly kind: 'completed'; readonly result: readonly Payload[] }
  /** The host wraps the cause when it knows why; else the sandbox does. */
  | { readonly kind: 'failed'; readonly failure: DecodedFailure }
  | { readonly kind: 'canceled'; readonly failure: DecodedFailure };

/** One thing that happened, in the order of semantics §2. */
export type ActivationJob =
  | {
      readonly kind: 'initialize';
      readonly facts: RunFacts;
      readonly args: readonly Payload[];
      readonly headers?: Headers;
    }
  /** The history holds the marker of this patch; replay only, ahead of need. */
  | { readonly kind: 'notifyHasPatch'; readonly patchId: string }
  /** The run was reset: its random numbers start anew. */
  | { readonly kind: 'updateRandomSeed'; readonly randomSeed: string }
  | {
      readonly kind: 'signalWorkflow';
      readonly signalName: string;
      readonly args: readonly Payload[];
      readonly headers?: Headers;
    }
  | {
      readonly kind: 'doUpdate';
      /** Names the update between host and sandbox. */
      readonly protocolInstanceId: string;
      /** The caller's id of the update. */
      readonly id: string;
      readonly name: string;
      readonly args: readonly Payload[];
      readonly headers?: Headers;
      /** False on replay: what the history holds has been accepted. */
      readonly runValidator: boolean;
    }
  | { readonly kind: 'cancelWorkflow'; readonly cause?: string }
  | { readonly kind: 'fireTimer'; readonly timerId: string }
  | { readonly kind: 'resolveActivity'; readonly activityId: string; readonly outcome: Outcome }
  | {
      readonly kind: 'resolveLocalActivity';
      readonly seq: number;
      readonly outcome: Outcome | LocalActivityBackoff;
    }
  | {
      readonly kind: 'resolveChildWorkflowStart';
      readonly seq: number;
      readonly outcome:
        | { readonly kind: 'started'; readonly runId: string }
        | { readonly kind: 'alreadyStarted' }
        | { readonly kind: 'failed'; readonly failure: DecodedFailure };
    }
  | {
      readonly kind: 'resolveChildWorkflow';
      readonly seq: number;
      readonly outcome:
        | { readonly kind: 'completed'; readonly result: readonly Payload[] }
        /** Why it did not complete; the sandbox wraps it in a ChildWorkflowFailure. */
        | {
            readonly kind: 'failed';
            readonly cause: DecodedFailure;
            readonly retryState: RetryState;
          };
    }
  | {
      readonly kind: 'resolveSignalExternalWorkflow';
      readonly seq: number;
      readonly failure?: DecodedFailure;
    }
  | {
      readonly kind: 'resolveRequestCancelExternalWorkflow';
      readonly seq: number;
      readonly failure?: DecodedFailure;
    }
  /** Alone in its activation, or with others of its kind. */
  | {
      readonly kind: 'queryWorkflow';
      readonly queryId: string;
      readonly queryType: string;
      readonly args: readonly Payload[];
      readonly headers?: Headers;
    };

/** A local activity is to be tried again after a wait that is too long to sit out in a task. */
export interface LocalActivityBackoff {
  readonly kind: 'backoff';
  /** The attempt that comes next. */
  readonly attempt: number;
  readonly backoffMs: number;
  /** Milliseconds since the Unix epoch. */
  readonly originalScheduleTimeMs: number;
}

/** What one workflow task means to a run. Processed in one synchronous go. */
export interface Activation {
  readonly runId: string;
  /** Workflow time: eventTime of WorkflowTaskStarted. Constant during the activation. */
  readonly timestampMs: number;
  /** Id of WorkflowTaskStarted (semantics, rule 8). */
  readonly historyLength: number;
  /** History size in bytes so far, as far as known. */
  readonly historySize: number;
  readonly continueAsNewSuggested?: boolean;
  /** Whether the commands that follow from this activation are in the history already. */
  readonly isReplaying: boolean;
  readonly jobs: readonly ActivationJob[];
}

/** Like protocol's Command, with payloads still open. */
export type SandboxCommand = SandboxCommandFacts & {
  /** Stack at the call, in runs that trace their calls. */
  readonly callStack?: string;
};

type SandboxCommandFacts =
  | {
      readonly kind: 'scheduleActivity';
      readonly activityId: string;
      readonly activityType: string;
      readonly taskQueue?: string;
      readonly args: readonly Payload[];
      readonly headers?: Headers;
      readonly scheduleToCloseTimeoutMs?: number;
      readonly scheduleToStartTimeoutMs?: number;
      readonly startToCloseTimeoutMs?: number;
      readonly heartbeatTimeoutMs?: number;
      readonly retryPolicy?: CompiledRetryPolicy;
      readonly priority?: Priority;
      /** One payload: text for people. */
      readonly summary?: readonly Payload[];
    }
  | { readonly kind: 'requestCancelActivity'; readonly activityId: string }
  | {
      readonly kind: 'scheduleLocalActivity';
      readonly seq: number;
      readonly activityType: string;
      readonly args: readonly Payload[];
      readonly headers?: Headers;
      /** From 1; more after a wait that was a durable timer. */
      readonly attempt: number;
      /** Milliseconds since the Unix epoch. */
      readonly originalScheduleTimeMs: number;
      readonly scheduleToCloseTimeoutMs?: number;
      readonly scheduleToStartTimeoutMs?: number;
      readonly startToCloseTimeoutMs?: number;
      readonly localRetryThresholdMs: number;
      readonly retryPolicy: CompiledRetryPolicy;
      readonly cancellationType: 'TRY_CANCEL' | 'WAIT_CANCELLATION_COMPLETED' | 'ABANDON';
    }
  | { readonly kind: 'requestCancelLocalActivity'; readonly localActivity: number }
  | {
      readonly kind: 'startTimer';
      readonly timerId: string;
      readonly startToFireTimeoutMs: number;
      /** One payload: text for people. */
      readonly summary?: readonly Payload[];
    }
  | { readonly kind: 'cancelTimer'; readonly timerId: string }
  | ({ readonly kind: 'startChildWorkflow'; readonly seq: number } & ChildWorkflowOptionsOfCommand)
  | {
      readonly kind: 'signalExternalWorkflow';
      readonly seq: number;
      readonly target: ExecutionName;
      readonly childWorkflowOnly: boolean;
      readonly signalName: string;
      readonly args: readonly Payload[];
      readonly headers?: Headers;
    }
  /** Cancels a child, too. */
  | {
      readonly kind: 'requestCancelExternalWorkflow';
      readonly seq: number;
      readonly target: ExecutionName;
      readonly childWorkflowOnly: boolean;
    }
  | { readonly kind: 'setPatchMarker'; readonly patchId: string; readonly deprecated: boolean }
  | { readonly kind: 'upsertSearchAttributes'; readonly fields: IndexedFields }
  | {
      readonly kind: 'modifyWorkflowProperties';
      /** One payload: a record of what changes; null takes away. */
      readonly upsertedMemo: readonly Payload[];
      /** One payload: the whole memo as it is from now on. */
      readonly memo: readonly Payload[];
    }
  | { readonly kind: 'acceptUpdate'; readonly protocolInstanceId: string }
  | {
      readonly kind: 'rejectUpdate';
      readonly protocolInstanceId: string;
      readonly failure: DecodedFailure;
    }
  | {
      readonly kind: 'completeUpdate';
      readonly protocolInstanceId: string;
      readonly outcome:
        | { readonly kind: 'completed'; readonly result: readonly Payload[] }
        | { readonly kind: 'failed'; readonly failure: DecodedFailure };
    }
  | { readonly kind: 'completeWorkflow'; readonly result: readonly Payload[] }
  | { readonly kind: 'failWorkflow'; readonly failure: DecodedFailure }
  | { readonly kind: 'cancelWorkflow' }
  | ContinueAsNewCommand;

/** A line a workflow logged (`log` or `console`), never during replay. */
export interface SandboxLogEntry {
  readonly level: 'TRACE' | 'DEBUG' | 'INFO' | 'WARN' | 'ERROR';
  readonly message: string;
  readonly meta?: Readonly<Record<string, unknown>>;
}

/** A call to a sink of the worker; made during replay too, the host knows which are wanted then. */
export interface SandboxSinkCall {
  readonly sinkName: string;
  readonly functionName: string;
  readonly args: readonly unknown[];
  /** The run's `workflowInfo()` at the call. */
  readonly info: unknown;
}

/** The answer to one query. */
export type QueryAnswer =
  | { readonly kind: 'answered'; readonly queryId: string; readonly result: readonly Payload[] }
  | { readonly kind: 'failed'; readonly queryId: string; readonly failure: DecodedFailure };

/** What a run answers to an activation. */
export type ActivationResult = {
  readonly logs: readonly SandboxLogEntry[];
  readonly sinkCalls?: readonly SandboxSinkCall[];
} & (
  | {
      readonly kind: 'completed';
      readonly commands: readonly SandboxCommand[];
      readonly answers?: readonly QueryAnswer[];
      /** As set by the workflow's options; with the activation that initialized it. */
      readonly versioningBehavior?: 'PINNED' | 'AUTO_UPGRADE';
    }
  /** The task fails, the run does not: an error that is not a failure of the workflow (semantics 47). */
  | {
      readonly kind: 'failed';
      readonly failure: DecodedFailure;
    }
);
