/** What a workflow can know about its own run. */
import {
  type CompiledRetryPolicy,
  type Priority,
  type SearchAttributes,
  type TypedSearchAttributes,
  type WorkerDeploymentVersion,
  typedSearchAttributes,
  untypedSearchAttributes,
} from '@perdure/common';
import type { RunFacts } from './runtime/activation.ts';
import { currentRun, currentRunOrUndefined } from './runtime/current-run.ts';
import { dateAt } from './runtime/globals/date.ts';
import { realNow } from './runtime/globals/real-time.ts';
import { errorFrom, firstValueOf } from './runtime/payloads.ts';
import type { Run } from './runtime/run.ts';
import { memoOf } from './upserts.ts';

/** The workflow that started this one. */
export interface ParentWorkflowInfo {
  readonly workflowId: string;
  readonly runId: string;
  readonly namespace: string;
}

/** Top of the tree of children. */
export interface RootWorkflowInfo {
  readonly workflowId: string;
  readonly runId: string;
}

/** What differs between a first execution and its replay: never branch on it. */
export interface UnsafeWorkflowInfo {
  readonly isReplaying: boolean;
  /** The same, and false in queries. */
  readonly isReplayingHistoryEvents: boolean;
  /** Wall clock, milliseconds since the Unix epoch; not deterministic. */
  now(): number;
}

/** See {@link workflowInfo}. Durations are milliseconds. */
export interface WorkflowInfo {
  readonly workflowId: string;
  readonly runId: string;
  readonly workflowType: string;
  /** First run of the chain (retries, cron, continue-as-new). */
  readonly firstExecutionRunId: string;
  /** The run before this one in the chain. */
  readonly continuedFromExecutionRunId: string | undefined;
  /** This run, or the one that it was reset from. */
  readonly originalExecutionRunId: string;
  readonly namespace: string;
  readonly taskQueue: string;
  /** Attempt of the run under its retry policy, from 1. */
  readonly attempt: number;
  readonly startTime: Date;
  readonly runStartTime: Date;
  readonly executionTimeoutMs: number | undefined;
  readonly executionExpirationTime: Date | undefined;
  readonly runTimeoutMs: number | undefined;
  readonly taskTimeoutMs: number;
  readonly retryPolicy: CompiledRetryPolicy | undefined;
  readonly cronSchedule: string | undefined;
  readonly cronScheduleToScheduleInterval: number | undefined;
  readonly memo: Record<string, unknown> | undefined;
  /** The untyped form; prefer {@link typedSearchAttributes}. */
  readonly searchAttributes: SearchAttributes;
  readonly typedSearchAttributes: TypedSearchAttributes;
  /** Undefined for a workflow that a client or schedule started. */
  readonly parent: ParentWorkflowInfo | undefined;
  /** Undefined when that is this workflow. */
  readonly root: RootWorkflowInfo | undefined;
  /** Result of the run before, under a cron schedule. */
  readonly lastResult: unknown;
  /** Why the run before failed, when this one is a retry. */
  readonly lastFailure: Error | undefined;
  readonly priority: Priority | undefined;
  /** Id of the WorkflowTaskStarted event being processed (semantics, rule 8). */
  readonly historyLength: number;
  /** Bytes. */
  readonly historySize: number;
  /** Whether the history has grown so long that it is time for `continueAsNew()`. */
  readonly continueAsNewSuggested: boolean;
  /** Why {@link continueAsNewSuggested} is set; the server does not say. */
  readonly suggestedContinueAsNewReasons?: readonly string[];
  /** Build that works on the run now; undefined for workers without versions. */
  readonly currentBuildId?: string;
  /** Version that works on the run now; undefined for workers without versions. */
  readonly currentDeploymentVersion?: WorkerDeploymentVersion;
  /** Whether a newer version is there for the run to move to, by continuing as new. */
  readonly targetWorkerDeploymentVersionChanged: boolean;
  readonly unsafe: UnsafeWorkflowInfo;
}

/**
 * Facts of the running workflow, as they are now; a frozen copy.
 *
 * @throws IllegalStateError outside a workflow
 */
export function workflowInfo(): WorkflowInfo {
  return infoOf(currentRun('workflowInfo()'));
}

/** @internal The facts of a run. */
export function infoOf(run: Run): WorkflowInfo {
  const { facts } = run;
  if (!facts) throw new TypeError('workflowInfo() is not known before the workflow is initialized');
  const fields = run.changedSearchAttributes ?? facts.searchAttributes ?? {};
  return Object.freeze({
    ...identityOf(facts),
    ...timesOf(facts),
    cronSchedule: facts.cronSchedule,
    cronScheduleToScheduleInterval: facts.cronScheduleToScheduleIntervalMs,
    retryPolicy: facts.retryPolicy,
    memo: memoOf(run),
    searchAttributes: untypedSearchAttributes(fields),
    typedSearchAttributes: typedSearchAttributes(fields),
    parent: facts.parent && { ...facts.parent },
    root: facts.root && { ...facts.root },
    lastResult: firstValueOf(run, facts.lastResult),
    lastFailure: facts.lastFailure && errorFrom(run, facts.lastFailure),
    priority: facts.priority,
    historyLength: run.historyLength,
    historySize: run.historySize,
    continueAsNewSuggested: run.continueAsNewSuggested,
    suggestedContinueAsNewReasons: undefined,
    currentBuildId: undefined,
    currentDeploymentVersion: undefined,
    targetWorkerDeploymentVersionChanged: false,
    unsafe: Object.freeze({
      isReplaying: run.isReplaying,
      isReplayingHistoryEvents: run.isReplaying && run.readOnly === undefined,
      now: realNow,
    }),
  });
}

function identityOf(facts: RunFacts) {
  return {
    workflowId: facts.workflowId,
    runId: facts.runId,
    workflowType: facts.workflowType,
    firstExecutionRunId: facts.firstExecutionRunId,
    continuedFromExecutionRunId: facts.continuedFromExecutionRunId,
    originalExecutionRunId: facts.originalExecutionRunId ?? facts.runId,
    namespace: facts.namespace,
    taskQueue: facts.taskQueue,
    attempt: facts.attempt,
  };
}

function timesOf(facts: RunFacts) {
  const expires = facts.executionExpirationTimeMs;
  return {
    startTime: dateAt(facts.chainStartTimeMs ?? facts.startTimeMs),
    runStartTime: dateAt(facts.startTimeMs),
    executionTimeoutMs: facts.executionTimeoutMs,
    executionExpirationTime: expires === undefined ? undefined : dateAt(expires),
    runTimeoutMs: facts.runTimeoutMs,
    taskTimeoutMs: facts.taskTimeoutMs,
  };
}

/** Whether the calling code runs in a workflow. */
export function inWorkflowContext(): boolean {
  return currentRunOrUndefined()?.facts !== undefined;
}
