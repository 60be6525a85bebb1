/** Starting other workflows and waiting for them. */
import {
  ChildWorkflowCancellationType,
  IllegalStateError,
  ParentClosePolicy,
  type SignalDefinition,
  type WithWorkflowArgs,
  type Workflow,
  type WorkflowResultType,
} from '@perdure/common';
import type {
  ChildWorkflowOptions,
  ChildWorkflowOptionsWithDefaults,
} from './child-workflow-options.ts';
import { type StartedChild, callChild } from './runtime/child-call.ts';
import { commandingRun } from './runtime/current-run.ts';
import { signalWorkflow } from './runtime/external-call.ts';
import { intercepted } from './runtime/interception.ts';
import { randomUuid } from './runtime/random.ts';

/** A child that has started. */
export interface ChildWorkflowHandle<T extends Workflow> {
  readonly workflowId: string;
  /** The first run of the child; later ones have other ids. */
  readonly firstExecutionRunId: string;
  /** The child's result; rejects with a ChildWorkflowFailure when there is none. */
  result(): Promise<WorkflowResultType<T>>;
  /**
   * Tells the child something; resolves when the child has it.
   *
   * @throws ApplicationFailure of type ExternalWorkflowExecutionNotFound when it has closed
   */
  signal<Args extends unknown[] = [], Name extends string = string>(
    definition: SignalDefinition<Args, Name> | string,
    ...args: Args
  ): Promise<void>;
}

type OptionsFor<T extends Workflow> = WithWorkflowArgs<T, Omit<ChildWorkflowOptions, 'args'>>;

/**
 * Starts a child and resolves once it has started.
 *
 * @param workflowTypeOrFunc its name, or the function whose name it is
 * @throws WorkflowExecutionAlreadyStartedError when a workflow of that id runs (semantics 32)
 * @throws ChildWorkflowFailure when the scope is cancelled before the start
 */
export function startChild<T extends Workflow>(
  workflowTypeOrFunc: string | T,
  options: OptionsFor<T>,
): Promise<ChildWorkflowHandle<T>>;
export function startChild<T extends () => Promise<unknown>>(
  workflowTypeOrFunc: string | T,
): Promise<ChildWorkflowHandle<T>>;
export async function startChild<T extends Workflow>(
  workflowTypeOrFunc: string | T,
  options?: ChildWorkflowOptions,
): Promise<ChildWorkflowHandle<T>> {
  const complete = withDefaults(options);
  const { workflowId } = complete;
  const [started, result] = await start(typeOf(workflowTypeOrFunc), complete);
  const firstExecutionRunId = await started;
  return {
    workflowId,
    firstExecutionRunId,
    result: () => result as Promise<WorkflowResultType<T>>,
    signal: (definition, ...args) =>
      signalWorkflow(
        { type: 'child', childWorkflowId: workflowId },
        typeof definition === 'string' ? definition : definition.name,
        args,
      ),
  };
}

/**
 * Starts a child and resolves with its result.
 *
 * @throws what {@link startChild} throws, and ChildWorkflowFailure when the child does not complete
 */
export function executeChild<T extends Workflow>(
  workflowTypeOrFunc: string | T,
  options: OptionsFor<T>,
): Promise<WorkflowResultType<T>>;
export function executeChild<T extends () => Promise<unknown>>(
  workflowTypeOrFunc: string | T,
): Promise<WorkflowResultType<T>>;
export async function executeChild<T extends Workflow>(
  workflowTypeOrFunc: string | T,
  options?: ChildWorkflowOptions,
): Promise<WorkflowResultType<T>> {
  const [, result] = await start(typeOf(workflowTypeOrFunc), withDefaults(options));
  return result as Promise<WorkflowResultType<T>>;
}

function start(
  workflowType: string,
  options: ChildWorkflowOptionsWithDefaults,
): Promise<StartedChild> {
  const run = commandingRun(`child workflow ${workflowType}`);
  const execute = intercepted(
    run.interceptors?.outbound,
    'startChildWorkflowExecution',
    async (input) => callChild(run, input),
  );
  return execute({ workflowType, options, headers: {}, seq: run.children.nextSeq });
}

function withDefaults(options: ChildWorkflowOptions = {}): ChildWorkflowOptionsWithDefaults {
  return {
    ...options,
    workflowId: options.workflowId ?? randomUuid(commandingRun('startChild()').random),
    args: options.args ?? [],
    cancellationType:
      options.cancellationType ?? ChildWorkflowCancellationType.WAIT_CANCELLATION_COMPLETED,
    parentClosePolicy: options.parentClosePolicy ?? ParentClosePolicy.TERMINATE,
  };
}

function typeOf(workflowTypeOrFunc: string | Workflow): string {
  if (typeof workflowTypeOrFunc === 'string') return workflowTypeOrFunc;
  if (typeof workflowTypeOrFunc === 'function' && workflowTypeOrFunc.name) {
    return workflowTypeOrFunc.name;
  }
  throw new IllegalStateError(
    'a child workflow is named by its type or by a function that has a name; ' +
      `got ${typeof workflowTypeOrFunc}: pass the name as text`,
  );
}
