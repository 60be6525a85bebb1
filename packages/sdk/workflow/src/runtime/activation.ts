/**
 * The border between the worker (host) and the sandbox: what the host tells a run, and what the run
 * asks for. Plain data both ways, so that a sandbox can sit in another thread.
 *
 * Payloads cross already opened; the payload converter runs inside the sandbox, so that workflow
 * code sees objects of its own realm. Keys never come here.
 */
import type { CompiledRetryPolicy, DecodedFailure, Payload } from '@perdure/common';

/** Facts of a run that do not change. */
export interface RunFacts {
  readonly namespace: string;
  readonly workflowId: string;
  readonly runId: string;
  readonly firstExecutionRunId: string;
  readonly workflowType: string;
  readonly taskQueue: string;
  /** Attempt of the *run* (workflow retry policy), from 1. */
  readonly attempt: number;
  /** Milliseconds since the Unix epoch: eventTime of WorkflowExecutionStarted. */
  readonly startTimeMs: number;
  readonly executionTimeoutMs?: number;
  readonly runTimeoutMs?: number;
  readonly taskTimeoutMs: number;
  readonly retryPolicy?: CompiledRetryPolicy;
  readonly memo?: readonly Payload[];
}

/** One thing that happened, in the order of semantics §2. */
export type ActivationJob =
  | { readonly kind: 'initialize'; readonly facts: RunFacts; readonly args: readonly Payload[] }
  | {
      readonly kind: 'signalWorkflow';
      readonly signalName: string;
      readonly args: readonly Payload[];
    }
  | { readonly kind: 'cancelWorkflow'; readonly cause?: string }
  | { readonly kind: 'fireTimer'; readonly timerId: string }
  | {
      readonly kind: 'resolveActivity';
      readonly activityId: string;
      readonly outcome:
        | { readonly kind: 'completed'; readonly result: readonly Payload[] }
        /** Failure of the activity itself; the sandbox wraps it in an ActivityFailure. */
        | { readonly kind: 'failed'; readonly failure: DecodedFailure }
        | { readonly kind: 'canceled'; readonly failure: DecodedFailure };
    };

/** What one workflow task means to a run. Processed in one synchronous go. */
export interface Activation {
  readonly runId: string;
  /** Workflow time: eventTime of WorkflowTaskStarted. Constant during the activation. */
  readonly timestampMs: number;
  /** Id of WorkflowTaskStarted (semantics, rule 8). */
  readonly historyLength: number;
  /** History size in bytes so far, as far as known. */
  readonly historySize: number;
  /** Whether the commands that follow from this activation are in the history already. */
  readonly isReplaying: boolean;
  readonly jobs: readonly ActivationJob[];
}

/** Like protocol's Command, with payloads still open. */
export type SandboxCommand =
  | {
      readonly kind: 'scheduleActivity';
      readonly activityId: string;
      readonly activityType: string;
      readonly taskQueue?: string;
      readonly args: readonly Payload[];
      readonly scheduleToCloseTimeoutMs?: number;
      readonly scheduleToStartTimeoutMs?: number;
      readonly startToCloseTimeoutMs?: number;
      readonly heartbeatTimeoutMs?: number;
      readonly retryPolicy?: CompiledRetryPolicy;
    }
  | { readonly kind: 'requestCancelActivity'; readonly activityId: string }
  | { readonly kind: 'startTimer'; readonly timerId: string; readonly startToFireTimeoutMs: number }
  | { readonly kind: 'cancelTimer'; readonly timerId: string }
  | { readonly kind: 'completeWorkflow'; readonly result: readonly Payload[] }
  | { readonly kind: 'failWorkflow'; readonly failure: DecodedFailure }
  | { readonly kind: 'cancelWorkflow' };

/** A line a workflow logged (`log` or `console`), never during replay. */
export interface SandboxLogEntry {
  readonly level: 'TRACE' | 'DEBUG' | 'INFO' | 'WARN' | 'ERROR';
  readonly message: string;
  readonly meta?: Readonly<Record<string, unknown>>;
}

/** What a run answers to an activation. */
export type ActivationResult =
  | {
      readonly kind: 'completed';
      readonly commands: readonly SandboxCommand[];
      readonly logs: readonly SandboxLogEntry[];
    }
  /** The task fails, the run does not: an error that is not a failure of the workflow (semantics 47). */
  | {
      readonly kind: 'failed';
      readonly failure: DecodedFailure;
      readonly logs: readonly SandboxLogEntry[];
    };
