/**
 * Carries out activations. The host drives one in steps, each a call of {@link step} as the whole of
 * a script, because the sandbox's microtasks run when a script ends:
 *
 * 1. {@link begin}, then `step`: all jobs in order, conditions after each, the workflow function
 *    last; then microtasks.
 * 2. while {@link beginUnblocking}: `step` again, until it returns 0; then microtasks.
 * 3. {@link conclude}: what the run asks for.
 *
 * No error leaves a step: it becomes the reason why the task fails.
 */
import type { Activation, ActivationJob, ActivationResult } from './activation.ts';
import { unblockConditions } from './conditions.ts';
import { setCurrentRun } from './current-run.ts';
import { explainReferenceError } from './globals/refused.ts';
import { cancelWorkflow } from './jobs/cancel-workflow.ts';
import { initialize } from './jobs/initialize.ts';
import { resolveActivity } from './jobs/resolve-activity.ts';
import { signalWorkflow } from './jobs/signal-workflow.ts';
import { failureFrom } from './payloads.ts';
import { type InstantiateModule, Run } from './run.ts';
import { fireTimer } from './timer.ts';

const STACK_TRACE_FRAMES = 10;

const NOT_AN_ERROR =
  ' [A non-Error value was thrown from your code. ' +
  'We recommend throwing Error objects so that we can provide a stack trace]';

let run: Run;
let work: () => number = () => 0;

/** A run that has seen nothing yet. */
export function createRun(runId: string, instantiate: InstantiateModule): Run {
  return new Run(runId, instantiate);
}

/** Makes `activation` what the next {@link step} does. */
export function begin(of: Run, activation: Activation): void {
  run = of;
  run.timestampMs = activation.timestampMs;
  run.historyLength = activation.historyLength;
  run.historySize = activation.historySize;
  run.isReplaying = activation.isReplaying;
  Error.stackTraceLimit = STACK_TRACE_FRAMES;
  setCurrentRun(run);
  work = () => applyJobs(run, activation.jobs);
}

/** Makes a look at the conditions what the next {@link step} does; false when none waits. */
export function beginUnblocking(): boolean {
  work = () => unblockConditions(run);
  return run.hasConditions && run.taskError === undefined;
}

/** Does what was begun; returns how many conditions came true. */
export function step(): number {
  try {
    return work();
  } catch (error) {
    run.failTask(error);
    return 0;
  }
}

/** Ends the activation; `unhandled` are reasons of rejections that nobody handled. */
export function conclude(of: Run, unhandled: readonly unknown[]): ActivationResult {
  for (const reason of unhandled) of.failTask(unhandledRejection(reason));
  const { commands, closeCommand, logs, taskError } = of;
  of.commands = [];
  of.closeCommand = undefined;
  of.logs = [];
  if (taskError) return { kind: 'failed', failure: taskFailure(taskError.error), logs };
  if (closeCommand) commands.push(closeCommand);
  return { kind: 'completed', commands, logs };
}

/** Leaves the run; no code of its own runs from here to the next {@link begin}. */
export function leave(): void {
  setCurrentRun(undefined);
}

/** Evaluates a bundle outside any real run; the names of the functions it exports. */
export function findWorkflowTypes(instantiate: InstantiateModule): string[] {
  setCurrentRun(new Run('', instantiate));
  try {
    const module = instantiate();
    return Object.keys(module).filter((name) => typeof module[name] === 'function');
  } finally {
    setCurrentRun(undefined);
  }
}

function applyJobs(of: Run, jobs: readonly ActivationJob[]): number {
  for (const job of jobs) {
    applyJob(of, job);
    if (of.hasConditions) unblockConditions(of);
  }
  const { startMain } = of;
  of.startMain = undefined;
  startMain?.();
  return 0;
}

function applyJob(of: Run, job: ActivationJob): void {
  switch (job.kind) {
    case 'initialize':
      return initialize(of, job);
    case 'signalWorkflow':
      return signalWorkflow(of, job);
    case 'cancelWorkflow':
      return cancelWorkflow(of);
    case 'fireTimer':
      return fireTimer(of, job.timerId);
    case 'resolveActivity':
      return resolveActivity(of, job);
  }
}

function taskFailure(error: unknown) {
  explainReferenceError(error);
  const failure = failureFrom(error);
  return error instanceof Error
    ? failure
    : { ...failure, message: `${failure.message}${NOT_AN_ERROR}` };
}

/** The error that stands for a rejection which nobody handled (semantics 47). */
function unhandledRejection(reason: unknown): Error {
  explainReferenceError(reason);
  const text = reason instanceof Error ? `${reason.name}: ${reason.message}` : String(reason);
  return new Error(`Unhandled Promise rejection: ${text}`, { cause: reason });
}
