/**
 * Plays the server for runs in a sandbox: jobs in, commands out. Payloads are shown as the values
 * they hold and absent options are left out, so that a test can compare whole answers.
 */
import { fileURLToPath } from 'node:url';
import {
  ActivityFailure,
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
import { type Sandbox, type SandboxRun, createSandbox } from '../src/sandbox/sandbox.ts';

/** Workflow time of the first activation. */
export const START_MS = 1_700_000_000_000;

/** Path of a file beside the tests' workflows. */
export function workflowsPath(name: string): string {
  return fileURLToPath(new URL(`./sandbox-workflows/${name}.ts`, import.meta.url));
}

/** A sandbox of one file of `sandbox-workflows`. */
export async function sandboxOf(name: string): Promise<Sandbox> {
  return createSandbox(await bundleWorkflowCode({ workflowsPath: workflowsPath(name) }));
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
  cancelled: (activityId: string, error: unknown): ActivationJob => ({
    kind: 'resolveActivity',
    activityId,
    outcome: { kind: 'canceled', failure: failure(error) },
  }),
};

/** A command with its payloads opened and its absent options left out. */
export type SeenCommand = Record<string, unknown> & { readonly kind: string };

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
    runId = 'run-1',
  ) {
    this.runId = runId;
    this.run = sandbox.createRun(runId);
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

function seen(command: object): SeenCommand {
  const shown: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(command)) {
    if (value === undefined) continue;
    shown[key] = key === 'args' || key === 'result' ? opened(value as Payload[]) : value;
  }
  return shown as SeenCommand;
}

function opened(list: readonly Payload[]): unknown[] {
  return list.map((payload) => defaultPayloadConverter.fromPayload(payload));
}
