/** What a workflow can know about its own run. */
import type { CompiledRetryPolicy } from '@perdure/common';
import { currentRun, currentRunOrUndefined } from './runtime/current-run.ts';
import { realNow } from './runtime/globals/real-time.ts';
import { dateAt } from './runtime/globals/date.ts';

/** See {@link workflowInfo}. Durations are milliseconds. */
export interface WorkflowInfo {
  readonly workflowId: string;
  readonly runId: string;
  readonly workflowType: string;
  /** First run of the chain (retries, cron, continue-as-new). */
  readonly firstExecutionRunId: string;
  readonly namespace: string;
  readonly taskQueue: string;
  /** Attempt of the run under its retry policy, from 1. */
  readonly attempt: number;
  readonly startTime: Date;
  readonly runStartTime: Date;
  readonly executionTimeoutMs: number | undefined;
  readonly runTimeoutMs: number | undefined;
  readonly taskTimeoutMs: number;
  readonly retryPolicy: CompiledRetryPolicy | undefined;
  /** Id of the WorkflowTaskStarted event being processed (semantics, rule 8). */
  readonly historyLength: number;
  /** Bytes. */
  readonly historySize: number;
  readonly unsafe: {
    /** Never branch on it: it differs between first execution and replay. */
    readonly isReplaying: boolean;
    /** Wall clock, milliseconds since the Unix epoch; not deterministic. */
    now(): number;
  };
}

/**
 * Facts of the running workflow, as they are now; a frozen copy.
 *
 * @throws IllegalStateError outside a workflow
 */
export function workflowInfo(): WorkflowInfo {
  const run = currentRun('workflowInfo()');
  const { facts } = run;
  if (!facts) throw new TypeError('workflowInfo() is not known before the workflow is initialized');
  return Object.freeze({
    workflowId: facts.workflowId,
    runId: facts.runId,
    workflowType: facts.workflowType,
    firstExecutionRunId: facts.firstExecutionRunId,
    namespace: facts.namespace,
    taskQueue: facts.taskQueue,
    attempt: facts.attempt,
    startTime: dateAt(facts.startTimeMs),
    runStartTime: dateAt(facts.startTimeMs),
    executionTimeoutMs: facts.executionTimeoutMs,
    runTimeoutMs: facts.runTimeoutMs,
    taskTimeoutMs: facts.taskTimeoutMs,
    retryPolicy: facts.retryPolicy,
    historyLength: run.historyLength,
    historySize: run.historySize,
    unsafe: Object.freeze({ isReplaying: run.isReplaying, now: realNow }),
  });
}

/** Whether the calling code runs in a workflow. */
export function inWorkflowContext(): boolean {
  return currentRunOrUndefined()?.facts !== undefined;
}
