/**
 * Plays the server for runs in a sandbox: jobs in, commands out. Payloads are shown as the values
 * they hold and absent options are left out, so that a test can compare whole answers.
 */
import { fileURLToPath } from 'node:url';
import {
  ActivityFailure,
  CancelledFailure,
  type DecodedFailure,
  type Payload,
  RetryState,
  TimeoutFailure,
  defaultFailureConverter,
  defaultPayloadConverter,
} from '@perdure/common';
import type {
  Activation,
  ActivationJob,
  ActivationResult,
  RunFacts,
} from '@perdure/workflow/runtime';
import { bundleWorkflowCode } from '../src/sandbox/bundle.ts';
import type {
  Sandbox,
  SandboxRun,
  SandboxRunOptions,
  SandboxSettings,
} from '../src/sandbox/interface.ts';
import { sandboxHere } from '../src/sandbox/load-sandbox.ts';

/** Workflow time of the first activation. */
export const START_MS = 1_700_000_000_000;

/** Path of a file beside the tests' workflows. */
export function workflowsPath(name: string): string {
  return fileURLToPath(new URL(`./sandbox-workflows/${name}.ts`, import.meta.url));
}

/** A sandbox of one file of `sandbox-workflows`. */
export async function sandboxOf(name: string, settings?: SandboxSettings): Promise<Sandbox> {
  return sandboxHere(await bundleWorkflowCode({ workflowsPath: workflowsPath(name) }), settings);
}

/** Payloads of values. */
export function payloads(...values: unknown[]): Payload[] {
  return values.map((value) => defaultPayloadConverter.toPayload(value));
}

/** Failure of an error. */
function failure(error: unknown): DecodedFailure {
  return defaultFailureConverter.errorToFailure(error, defaultPayloadConverter);
}

/** Jobs, in few words. */
export const job = {
  signal: (signalName: string, ...args: unknown[]): ActivationJob => ({
    kind: 'signalWorkflow',
    signalName,
    args: payloads(...args),
  }),
  timer: (timerId: string): ActivationJob => ({ kind: 'fireTimer', timerId }),
  cancel: (): ActivationJob => ({ kind: 'cancelWorkflow' }),
  done: (activityId: string, result?: unknown): ActivationJob => ({
    kind: 'resolveActivity',
    activityId,
    outcome: { kind: 'completed', result: payloads(result) },
  }),
  /** As the worker makes it of ActivityTaskFailed: the cause, wrapped. */
  failed: (activityId: string, error: Error): ActivationJob => {
    const timedOut = error instanceof TimeoutFailure;
    const wrapped = new ActivityFailure(
      timedOut ? 'Activity task timed out' : 'Activity task failed',
      'foo',
      activityId,
      RetryState.MAXIMUM_ATTEMPTS_REACHED,
      undefined,
      error,
    );
    const outcome = { kind: 'failed', failure: failure(wrapped) } as const;
    return { kind: 'resolveActivity', activityId, outcome };
  },
  /** The cause alone. */
  failedBare: (activityId: string, error: Error): ActivationJob => ({
    kind: 'resolveActivity',
    activityId,
    outcome: { kind: 'failed', failure: failure(error) },
  }),
  childStarted: (seq: number, runId = `child-run-${seq}`): ActivationJob => ({
    kind: 'resolveChildWorkflowStart',
    seq,
    outcome: { kind: 'started', runId },
  }),
  childAlreadyStarted: (seq: number): ActivationJob => ({
    kind: 'resolveChildWorkflowStart',
    seq,
    outcome: { kind: 'alreadyStarted' },
  }),
  childDone: (seq: number, result?: unknown): ActivationJob => ({
    kind: 'resolveChildWorkflow',
    seq,
    outcome: { kind: 'completed', result: payloads(result) },
  }),
  childFailed: (
    seq: number,
    error: Error,
    retryState: RetryState = RetryState.RETRY_POLICY_NOT_SET,
  ): ActivationJob => ({
    kind: 'resolveChildWorkflow',
    seq,
    outcome: { kind: 'failed', cause: failure(error), retryState },
  }),
  signalled: (seq: number, error?: Error): ActivationJob => ({
    kind: 'resolveSignalExternalWorkflow',
    seq,
    failure: error && failure(error),
  }),
  cancelDelivered: (seq: number, error?: Error): ActivationJob => ({
    kind: 'resolveRequestCancelExternalWorkflow',
    seq,
    failure: error && failure(error),
  }),
  update: (id: string, name: string, ...args: unknown[]): ActivationJob => ({
    kind: 'doUpdate',
    protocolInstanceId: id,
    id,
    name,
    args: payloads(...args),
    runValidator: true,
  }),
  query: (queryType: string, ...args: unknown[]): ActivationJob => ({
    kind: 'queryWorkflow',
    queryId: `query-${queryType}`,
    queryType,
    args: payloads(...args),
  }),
  patch: (patchId: string): ActivationJob => ({ kind: 'notifyHasPatch', patchId }),
  localDone: (seq: number, result?: unknown): ActivationJob => ({
    kind: 'resolveLocalActivity',
    seq,
    outcome: { kind: 'completed', result: payloads(result) },
  }),
  localFailed: (seq: number, error: Error): ActivationJob => ({
    kind: 'resolveLocalActivity',
    seq,
    outcome: { kind: 'failed', failure: failure(error) },
  }),
  localCancelled: (seq: number): ActivationJob => ({
    kind: 'resolveLocalActivity',
    seq,
    outcome: { kind: 'canceled', failure: failure(new CancelledFailure('')) },
  }),
  localBackoff: (seq: number, attempt: number, backoffMs: number): ActivationJob => ({
    kind: 'resolveLocalActivity',
    seq,
    outcome: { kind: 'backoff', attempt, backoffMs, originalScheduleTimeMs: START_MS },
  }),
  cancelled: (activityId: string, error: unknown): ActivationJob => ({
    kind: 'resolveActivity',
    activityId,
    outcome: { kind: 'canceled', failure: failure(error) },
  }),
};

/** A command with its payloads opened and its absent options left out. */
export type SeenCommand = Record<string, unknown> & { readonly kind: string };

/** How a run under test is otherwise than others. */
interface DrivenOptions extends SandboxRunOptions {
  readonly runId?: string;
  readonly facts?: Partial<RunFacts>;
}

/** A run under test. */
export class DrivenRun {
  readonly runId: string;
  /** Every activation so far, for replay. */
  readonly activations: Activation[] = [];
  /** Every answer so far, as it came. */
  readonly answers: ActivationResult[] = [];
  private readonly run: SandboxRun;
  private readonly facts: RunFacts;
  private readonly args: readonly Payload[];

  constructor(
    sandbox: Sandbox,
    workflowType: string,
    args: readonly unknown[] = [],
    { runId = 'run-1', facts = {}, ...options }: DrivenOptions = {},
  ) {
    this.runId = runId;
    this.run = sandbox.createRun(runId, options);
    this.args = payloads(...args);
    this.facts = {
      namespace: 'default',
      workflowId: `workflow-of-${runId}`,
      runId,
      firstExecutionRunId: runId,
      workflowType,
      taskQueue: 'queue',
      attempt: 1,
      startTimeMs: START_MS,
      taskTimeoutMs: 10_000,
      ...facts,
    };
  }

  /** First task: start, with whatever else arrived before it. */
  start(...jobs: ActivationJob[]): Promise<SeenCommand[]> {
    return this.apply({ kind: 'initialize', facts: this.facts, args: this.args }, ...jobs);
  }

  /** Next task; its commands. Throws when the task fails. */
  async apply(...jobs: ActivationJob[]): Promise<SeenCommand[]> {
    const answer = await this.answer(...jobs);
    if (answer.kind === 'completed') return answer.commands.map(seen);
    throw new Error(`the task failed: ${answer.failure.message}\n${answer.failure.stackTrace}`);
  }

  /** Asks the run; the value of the answer, or the message of why there is none. */
  async ask(queryType: string, ...args: unknown[]): Promise<unknown> {
    const before = this.activations.length;
    const answer = await this.answer(job.query(queryType, ...args));
    // Queries are no part of what is replayed.
    this.activations.length = before;
    this.answers.length = before;
    if (answer.kind === 'failed') throw new Error(`the query failed: ${answer.failure.message}`);
    const [given] = answer.answers ?? [];
    if (given?.kind === 'answered') return opened(given.result)[0];
    return { refused: given?.failure.message };
  }

  /** Stacks of what the run waits for, when it traces its calls. */
  async stacks(): Promise<readonly string[]> {
    return this.run.pendingStacks();
  }

  /** Next task that is expected to fail; why it did. */
  async fail(...jobs: ActivationJob[]): Promise<DecodedFailure> {
    const answer = await this.answer(...jobs);
    if (answer.kind === 'failed') return answer.failure;
    throw new Error(`the task did not fail: ${JSON.stringify(answer.commands.map(seen))}`);
  }

  /** First task, expected to fail. */
  failStart(...jobs: ActivationJob[]): Promise<DecodedFailure> {
    return this.fail({ kind: 'initialize', facts: this.facts, args: this.args }, ...jobs);
  }

  /** Next task; the whole answer. */
  async answer(...jobs: ActivationJob[]): Promise<ActivationResult> {
    const task = this.activations.length;
    return this.activate({
      runId: this.runId,
      timestampMs: START_MS + task * 1_000,
      historyLength: 3 + task * 3,
      historySize: 500,
      isReplaying: false,
      jobs,
    });
  }

  /** An activation as given. */
  async activate(activation: Activation): Promise<ActivationResult> {
    this.activations.push(activation);
    const answer = await this.run.activate(activation);
    this.answers.push(answer);
    return answer;
  }

  dispose(): void {
    this.run.dispose();
  }
}

/** Runs recorded activations through a fresh instance; its answers. */
export async function replay(sandbox: Sandbox, recorded: DrivenRun): Promise<ActivationResult[]> {
  const run = sandbox.createRun(recorded.runId);
  const answers: ActivationResult[] = [];
  for (const activation of recorded.activations) {
    answers.push(await run.activate({ ...activation, isReplaying: true }));
  }
  run.dispose();
  return answers;
}

/** The commands of an answer, and nothing else. */
export function commandsOf(answer: ActivationResult): unknown {
  return answer.kind === 'completed' ? answer.commands : answer;
}

const payloadKeys = new Set(['args', 'result', 'memo', 'upsertedMemo', 'summary', 'details']);

function seen(command: object): SeenCommand {
  const shown: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(command)) {
    if (value === undefined) continue;
    shown[key] = payloadKeys.has(key) ? opened(value as Payload[]) : value;
  }
  return shown as SeenCommand;
}

function opened(list: readonly Payload[]): unknown[] {
  return list.map((payload) => defaultPayloadConverter.fromPayload(payload));
}
