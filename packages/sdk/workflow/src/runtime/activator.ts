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
import type { Activation, ActivationJob, ActivationResult, SandboxCommand } from './activation.ts';
import { resolveChild, resolveChildStart } from './child-call.ts';
import { warnOfUnfinishedHandlers } from './close.ts';
import type { ActivateInput, ConcludeActivationInput } from '../interceptors.ts';
import { unblockConditions } from './conditions.ts';
import { currentRunOrUndefined, setCurrentRun } from './current-run.ts';
import { resolveExternalCancel, resolveExternalSignal } from './external-call.ts';
import { explainReferenceError } from './globals/refused.ts';
import { intercepted } from './interception.ts';
import { cancelWorkflow } from './jobs/cancel-workflow.ts';
import { doUpdate, rejectBufferedUpdates } from './jobs/do-update.ts';
import { initialize, workflowsOf } from './jobs/initialize.ts';
import { answerTheRest, queryWorkflow } from './jobs/query-workflow.ts';
import { resolveActivity } from './jobs/resolve-activity.ts';
import { signalWorkflow } from './jobs/signal-workflow.ts';
import { resolveLocalActivity } from './local-activity-call.ts';
import { failureFrom } from './payloads.ts';
import { RandomStream } from './random.ts';
import { type InstantiateModule, Run, type RunSettings } from './run.ts';
import { fireTimer } from './timer.ts';

const STACK_TRACE_FRAMES = 10;
/** The SDK's own calls stand above the user's. */
const TRACING_FRAMES = 50;

const NOT_AN_ERROR =
  ' [A non-Error value was thrown from your code. ' +
  'We recommend throwing Error objects so that we can provide a stack trace]';

const nothing = (): number => 0;

let work: () => number = nothing;

/** A run that has seen nothing yet. */
export function createRun(
  runId: string,
  instantiate: InstantiateModule,
  settings?: RunSettings,
): Run {
  return new Run(runId, instantiate, settings);
}

/** Makes `activation` what the next {@link step} does. */
export function begin(run: Run, activation: Activation): void {
  run.timestampMs = activation.timestampMs;
  run.historyLength = activation.historyLength;
  run.historySize = activation.historySize;
  run.continueAsNewSuggested = activation.continueAsNewSuggested ?? run.continueAsNewSuggested;
  run.isReplaying = activation.isReplaying;
  const frames = run.tracing ? TRACING_FRAMES : STACK_TRACE_FRAMES;
  if (Error.stackTraceLimit !== frames) Error.stackTraceLimit = frames;
  setCurrentRun(run);
  if (isQuery(activation)) beginQuery(run);
  work = () => {
    if (run.interceptors) applyIntercepted(run, activation);
    else applyJobs(run, activation.jobs);
    return 0;
  };
}

/** Makes a look at the conditions what the next {@link step} does; false when none waits. */
export function beginUnblocking(run: Run): boolean {
  work = () => unblockConditions(run);
  return run.hasConditions && run.taskError === undefined && run.readOnly === undefined;
}

function applyIntercepted(run: Run, activation: Activation): void {
  const apply = ({ activation: { jobs } }: ActivateInput): void => applyJobs(run, jobs);
  const activate = intercepted(run.interceptors?.internals, 'activate', apply);
  activate({ activation, batchIndex: 0 });
}

function isQuery({ jobs }: Activation): boolean {
  return jobs[0]?.kind === 'queryWorkflow';
}

/** A query must not change what the run would draw next. */
function beginQuery(run: Run): void {
  run.readOnly = 'a query handler';
  run.randomBeforeQuery = run.random;
  run.random = run.random.clone();
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
  const run = currentRunOrUndefined();
  if (run?.readOnly !== undefined) endQuery(run);
  setCurrentRun(undefined);
  work = nothing;
}

/** Ends the activation; `unhandled` are reasons of rejections that nobody handled. */
export function conclude(
  run: Run,
  activation: Activation,
  unhandled: readonly unknown[],
): ActivationResult {
  setCurrentRun(run);
  try {
    return isQuery(activation) ? concludeQuery(run, activation) : concludeTask(run, unhandled);
  } finally {
    setCurrentRun(undefined);
  }
}

function concludeTask(run: Run, unhandled: readonly unknown[]): ActivationResult {
  for (const reason of unhandled) run.failTask(unhandledRejection(reason));
  if (run.bufferedUpdates.length > 0) rejectBufferedUpdates(run);
  if (run.closeCommand && run.hasHandlersInProgress) warnOfUnfinishedHandlers(run);
  const commands = interceptedCommands(run, run.takeCommands());
  const { taskError, versioningBehavior } = run;
  const told = run.takeTold();
  return taskError
    ? { kind: 'failed', failure: taskFailure(run, taskError.error), ...told }
    : { kind: 'completed', commands, versioningBehavior, ...told };
}

function interceptedCommands(
  run: Run,
  commands: readonly SandboxCommand[],
): readonly SandboxCommand[] {
  const { internals } = run.interceptors ?? {};
  if (!internals) return commands;
  const same = (input: ConcludeActivationInput): ConcludeActivationInput => input;
  try {
    return intercepted(internals, 'concludeActivation', same)({ commands }).commands;
  } catch (error) {
    run.failTask(error);
    return [];
  }
}

/** A query has no effect but its answer; what else it tried is void. */
function endQuery(run: Run): void {
  run.readOnly = undefined;
  run.taskError = undefined;
  if (run.randomBeforeQuery) run.random = run.randomBeforeQuery;
}

function concludeQuery(run: Run, { jobs }: Activation): ActivationResult {
  answerTheRest(run, jobs);
  const asked = new Set(jobs.map((job) => job.kind === 'queryWorkflow' && job.queryId));
  const answers = run.answers.filter(({ queryId }) => asked.has(queryId));
  run.answers = run.answers.filter(({ queryId }) => !asked.has(queryId));
  return { kind: 'completed', commands: [], answers, ...run.takeTold() };
}

/** The host lets go of the run. */
export function dispose(run: Run): void {
  const { internals } = run.interceptors ?? {};
  if (internals) intercepted(internals, 'dispose', () => {})({});
}

/** Stacks of what the run waits for, when it traces its calls. */
export function pendingStacks(run: Run): string[] {
  return run.pendingStacks();
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
    const module = workflowsOf(instantiate());
    for (const name in module) if (typeof module[name] === 'function') types.push(name);
    return 0;
  };
  takeStep();
  leave();
  if (probe.taskError) throw probe.taskError.error;
  return types;
}

function applyJobs(run: Run, jobs: readonly ActivationJob[]): void {
  for (const job of jobs) {
    applyJob(run, job);
    if (run.hasConditions && run.readOnly === undefined) unblockConditions(run);
  }
  const { startMain } = run;
  run.startMain = undefined;
  startMain?.();
}

function applyJob(run: Run, job: ActivationJob): void {
  switch (job.kind) {
    case 'initialize':
      return initialize(run, job);
    case 'notifyHasPatch':
      return void run.patches.known.add(job.patchId);
    case 'updateRandomSeed':
      run.random = new RandomStream(job.randomSeed);
      return;
    case 'signalWorkflow':
      return signalWorkflow(run, job);
    case 'doUpdate':
      return doUpdate(run, job);
    case 'cancelWorkflow':
      return cancelWorkflow(run);
    case 'fireTimer':
      return fireTimer(run, job.timerId);
    case 'queryWorkflow':
      return queryWorkflow(run, job);
    default:
      return applyOutcome(run, job);
  }
}

/** Something that the run asked for has its outcome. */
function applyOutcome(
  run: Run,
  job: Extract<ActivationJob, { readonly kind: `resolve${string}` }>,
): void {
  switch (job.kind) {
    case 'resolveActivity':
      return resolveActivity(run, job);
    case 'resolveLocalActivity':
      return resolveLocalActivity(run, job);
    case 'resolveChildWorkflowStart':
      return resolveChildStart(run, job);
    case 'resolveChildWorkflow':
      return resolveChild(run, job);
    case 'resolveSignalExternalWorkflow':
      return resolveExternalSignal(run, job);
    case 'resolveRequestCancelExternalWorkflow':
      return resolveExternalCancel(run, job);
  }
}

function taskFailure(run: Run, error: unknown) {
  explainReferenceError(error);
  const failure = failureFrom(run, error);
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
