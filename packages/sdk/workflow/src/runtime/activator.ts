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
import { currentRunOrUndefined, setCurrentRun } from './current-run.ts';
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

const nothing = (): number => 0;

let work: () => number = nothing;

/** A run that has seen nothing yet. */
export function createRun(runId: string, instantiate: InstantiateModule): Run {
  return new Run(runId, instantiate);
}

/** Makes `activation` what the next {@link step} does. */
export function begin(run: Run, activation: Activation): void {
  run.timestampMs = activation.timestampMs;
  run.historyLength = activation.historyLength;
  run.historySize = activation.historySize;
  run.isReplaying = activation.isReplaying;
  if (Error.stackTraceLimit !== STACK_TRACE_FRAMES) Error.stackTraceLimit = STACK_TRACE_FRAMES;
  setCurrentRun(run);
  work = () => applyJobs(run, activation.jobs);
}

/** Makes a look at the conditions what the next {@link step} does; false when none waits. */
export function beginUnblocking(run: Run): boolean {
  work = () => unblockConditions(run);
  return run.hasConditions && run.taskError === undefined;
}

/** Does what was begun; returns how many conditions came true. */
export function step(): number {
  try {
    return work();
  } catch (error) {
    currentRunOrUndefined()?.failTask(error);
    return 0;
  }
}

/** Leaves the run; no code of its own runs from here to the next {@link begin}. */
export function leave(): void {
  setCurrentRun(undefined);
  work = nothing;
}

/** Ends the activation; `unhandled` are reasons of rejections that nobody handled. */
export function conclude(run: Run, unhandled: readonly unknown[]): ActivationResult {
  for (const reason of unhandled) run.failTask(unhandledRejection(reason));
  const { commands, closeCommand, logs, taskError } = run;
  run.commands = [];
  run.closeCommand = undefined;
  run.logs = [];
  if (taskError) return { kind: 'failed', failure: taskFailure(taskError.error), logs };
  if (closeCommand) commands.push(closeCommand);
  return { kind: 'completed', commands, logs };
}

/**
 * The names of the functions that a bundle exports, found by evaluating it for a run that will never
 * be; `takeStep` calls {@link step} as a script.
 *
 * @throws whatever the top level of the bundle throws
 */
export function findWorkflowTypes(instantiate: InstantiateModule, takeStep: () => void): string[] {
  const probe = new Run('', instantiate);
  const types: string[] = [];
  setCurrentRun(probe);
  work = () => {
    const module = instantiate();
    for (const name in module) if (typeof module[name] === 'function') types.push(name);
    return 0;
  };
  takeStep();
  leave();
  if (probe.taskError) throw probe.taskError.error;
  return types;
}

function applyJobs(run: Run, jobs: readonly ActivationJob[]): number {
  for (const job of jobs) {
    applyJob(run, job);
    if (run.hasConditions) unblockConditions(run);
  }
  const { startMain } = run;
  run.startMain = undefined;
  startMain?.();
  return 0;
}

function applyJob(run: Run, job: ActivationJob): void {
  switch (job.kind) {
    case 'initialize':
      return initialize(run, job);
    case 'signalWorkflow':
      return signalWorkflow(run, job);
    case 'cancelWorkflow':
      return cancelWorkflow(run);
    case 'fireTimer':
      return fireTimer(run, job.timerId);
    case 'resolveActivity':
      return resolveActivity(run, job);
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
