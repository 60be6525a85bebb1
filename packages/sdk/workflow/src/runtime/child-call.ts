/** One child workflow: from the command that starts it to how its two promises settle. */
import {
  CancelledFailure,
  ChildWorkflowFailure,
  type Duration,
  type IndexedFields,
  type Payload,
  RetryState,
  ValueError,
  WorkflowExecutionAlreadyStartedError,
  compilePriority,
  compileRetryPolicy,
  indexedFieldsOf,
  msOptionalToNumber,
} from '@perdure/common';
import { CancellationScope } from '../cancellation-scope.ts';
import type { ChildWorkflowOptionsWithDefaults } from '../child-workflow-options.ts';
import type { StartChildWorkflowExecutionInput } from '../interceptors.ts';
import type { ActivationJob, SandboxCommand } from './activation.ts';
import type { ChildWorkflowOptionsOfCommand } from './command-options.ts';
import { headersOrNone } from './headers.ts';
import { errorFrom, firstValueOf, payloadsOf } from './payloads.ts';
import type { Run } from './run.ts';

/** A promise of the run id, and one of the result. */
export type StartedChild = [started: Promise<string>, result: Promise<unknown>];

interface Settlers<T> {
  resolve(value: T): void;
  reject(error: unknown): void;
}

/** A child that has not closed. One that was given up stays here until it closes. */
export interface PendingChild {
  readonly command: SandboxCommand;
  readonly workflowId: string;
  readonly workflowType: string;
  readonly cancellationType: ChildWorkflowOptionsWithDefaults['cancellationType'];
  /** Known once it has started. */
  runId: string | undefined;
  start: Settlers<string> | undefined;
  readonly result: Settlers<unknown>;
  /** It is to be asked to stop as soon as it has started: before, nobody could be asked. */
  cancelWhenStarted: boolean;
  readonly leaveScope: () => void;
  readonly stack?: string;
  seq?: number;
}

/** Starts a child in the current scope; a scope that is cancelled already rejects at once. */
export function callChild(run: Run, input: StartChildWorkflowExecutionInput): StartedChild {
  const { options, workflowType, headers } = input;
  const scope = CancellationScope.current();
  const described = {
    ...commandOptions(run, options),
    workflowType,
    headers: headersOrNone(headers),
  };
  const [started, start] = unwatched<string>();
  const [completed, result] = unwatched<unknown>();
  if (scope.consideredCancelled) {
    start.reject(scope.cancellation);
    result.reject(scope.cancellation);
    return [started, completed];
  }
  const command = run.push({ kind: 'startChildWorkflow', seq: 0, ...described });
  const child: PendingChild = {
    command,
    workflowId: described.workflowId,
    workflowType,
    cancellationType: options.cancellationType,
    runId: undefined,
    start,
    result,
    cancelWhenStarted: false,
    leaveScope: scope.onCancel(() => cancelChild(run, child)),
    stack: run.callStack(),
  };
  run.children.add(command, child);
  return [started, completed];
}

/** Job `resolveChildWorkflowStart`: the child runs, or cannot. */
export function resolveChildStart(
  run: Run,
  { seq, outcome }: Extract<ActivationJob, { kind: 'resolveChildWorkflowStart' }>,
): void {
  const child = run.children.get(seq);
  if (!child) return;
  if (outcome.kind === 'started') {
    child.runId = outcome.runId;
    child.start?.resolve(outcome.runId);
    child.start = undefined;
    if (child.cancelWhenStarted) requestCancel(run, child);
    return;
  }
  run.children.take(seq);
  settleWithError(
    child,
    outcome.kind === 'failed'
      ? errorFrom(run, outcome.failure)
      : new WorkflowExecutionAlreadyStartedError(
          'Workflow execution already started',
          child.workflowId,
          child.workflowType,
        ),
  );
}

/** Job `resolveChildWorkflow`: the child has closed. */
export function resolveChild(
  run: Run,
  { seq, outcome }: Extract<ActivationJob, { kind: 'resolveChildWorkflow' }>,
): void {
  const child = run.children.take(seq);
  if (!child) return;
  if (outcome.kind === 'completed') {
    child.leaveScope();
    child.result.resolve(firstValueOf(run, outcome.result));
  } else {
    settleWithError(
      child,
      childFailure(run, child, outcome.retryState, errorFrom(run, outcome.cause)),
    );
  }
}

/** What a cancelled scope does to a child, by its cancellation type (semantics 29). */
function cancelChild(run: Run, child: PendingChild): void {
  if (run.children.withdraw(child.command)) {
    run.withdraw((command) => command === child.command);
    return settleWithError(child, cancelled(run, child));
  }
  const { cancellationType } = child;
  if (cancellationType !== 'ABANDON') {
    if (child.runId === undefined) child.cancelWhenStarted = true;
    else requestCancel(run, child);
  }
  if (cancellationType === 'ABANDON' || cancellationType === 'TRY_CANCEL') {
    settleWithError(child, cancelled(run, child));
  }
}

function requestCancel(run: Run, child: PendingChild): void {
  const target = { workflowId: child.workflowId };
  const command = run.push({
    kind: 'requestCancelExternalWorkflow',
    seq: 0,
    target,
    childWorkflowOnly: true,
  });
  run.externalCancels.add(command, {
    resolve() {
      if (child.cancellationType === 'WAIT_CANCELLATION_REQUESTED') {
        settleWithError(child, cancelled(run, child));
      }
    },
    // It has closed meanwhile; how, comes by itself.
    reject() {},
  });
}

function settleWithError(child: PendingChild, error: Error): void {
  child.leaveScope();
  child.start?.reject(error);
  child.start = undefined;
  child.result.reject(error);
}

function cancelled(run: Run, child: PendingChild): ChildWorkflowFailure {
  const cause = new CancelledFailure('Child Workflow execution cancelled');
  return childFailure(run, child, RetryState.NON_RETRYABLE_FAILURE, cause);
}

function childFailure(
  run: Run,
  { workflowId, runId, workflowType }: PendingChild,
  retryState: RetryState,
  cause: Error,
): ChildWorkflowFailure {
  const execution = { workflowId, runId };
  return new ChildWorkflowFailure(run.facts?.namespace, execution, workflowType, retryState, cause);
}

/** A promise with its settlers; that nobody listens to its rejection is no error. */
function unwatched<T>(): [Promise<T>, Settlers<T>] {
  let settlers!: Settlers<T>;
  const promise = new Promise<T>((resolve, reject) => {
    settlers = { resolve, reject };
  });
  promise.catch(() => {});
  return [promise, settlers];
}

function commandOptions(
  run: Run,
  options: ChildWorkflowOptionsWithDefaults,
): Omit<ChildWorkflowOptionsOfCommand, 'workflowType'> {
  return {
    workflowId: options.workflowId,
    args: payloadsOf(run, options.args),
    taskQueue: options.taskQueue,
    workflowExecutionTimeoutMs: timeout(options, 'workflowExecutionTimeout'),
    workflowRunTimeoutMs: timeout(options, 'workflowRunTimeout'),
    workflowTaskTimeoutMs: timeout(options, 'workflowTaskTimeout'),
    parentClosePolicy: options.parentClosePolicy,
    workflowIdReusePolicy: options.workflowIdReusePolicy,
    retryPolicy: options.retry && compileRetryPolicy(options.retry),
    cronSchedule: options.cronSchedule,
    memo: options.memo && payloadsOf(run, [options.memo]),
    searchAttributes: searchAttributesOf(options),
    priority: compilePriority(options.priority),
    summary: textOf(run, options.staticSummary),
    details: textOf(run, options.staticDetails),
  };
}

function textOf(run: Run, text: string | undefined): Payload[] | undefined {
  return text === undefined ? undefined : payloadsOf(run, [text]);
}

/** Either form, or both: the typed one wins. Undefined for none. */
export function searchAttributesOf(
  options: Pick<ChildWorkflowOptionsWithDefaults, 'searchAttributes' | 'typedSearchAttributes'>,
): IndexedFields | undefined {
  const { searchAttributes, typedSearchAttributes } = options;
  if (!searchAttributes && !typedSearchAttributes) return undefined;
  return {
    ...(searchAttributes && indexedFieldsOf(searchAttributes)),
    ...(typedSearchAttributes && indexedFieldsOf(typedSearchAttributes)),
  };
}

type TimeoutName = 'workflowExecutionTimeout' | 'workflowRunTimeout' | 'workflowTaskTimeout';

/** @throws ValueError for a timeout that is no duration, or less than 0 */
function timeout(
  options: { readonly [K in TimeoutName]?: Duration },
  name: TimeoutName,
): number | undefined {
  const ms = msOptionalToNumber(options[name]);
  if (ms === undefined || ms >= 0) return ms === undefined ? undefined : Math.ceil(ms);
  throw new ValueError(`ChildWorkflowOptions.${name} must not be negative; got ${ms} ms`);
}
