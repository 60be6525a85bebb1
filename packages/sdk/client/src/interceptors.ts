/**
 * What stands around the calls of a client. Each interceptor gets what the call is about, may change
 * it, and decides when and whether the next one goes on with it.
 */
import type { Headers, Next, QueryRejectCondition } from '@perdure/common';
import type { UpdateOutcome } from '@perdure/contract';
import type { WorkflowUpdateOptions } from './workflow-handle.ts';
import type { WorkflowExecutionDescription } from './workflow-description.ts';
import type { WorkflowOptions } from './workflow-options.ts';

/** Names the workflow, or one run of it, that a call is for. */
export interface WorkflowExecutionTarget {
  readonly workflowId: string;
  readonly runId?: string;
}

/** Options of a start, with the arguments of the workflow function. */
export interface InterceptedStartOptions extends WorkflowOptions {
  args: readonly unknown[];
}

/** What `start` and `execute` are about. */
export interface WorkflowStartInput {
  readonly workflowType: string;
  readonly headers: Headers;
  readonly options: InterceptedStartOptions;
}

export interface WorkflowSignalInput {
  readonly signalName: string;
  readonly args: readonly unknown[];
  readonly workflowExecution: WorkflowExecutionTarget;
  readonly headers: Headers;
}

export interface WorkflowSignalWithStartInput extends WorkflowStartInput {
  readonly signalName: string;
  readonly signalArgs: readonly unknown[];
}

export interface WorkflowStartUpdateInput {
  readonly updateName: string;
  readonly args: readonly unknown[];
  readonly workflowExecution: WorkflowExecutionTarget;
  readonly firstExecutionRunId?: string;
  readonly headers: Headers;
  readonly options: WorkflowUpdateOptions;
}

export interface WorkflowStartUpdateOutput {
  readonly updateId: string;
  readonly workflowRunId: string;
  /** Set once the update has completed. */
  readonly outcome?: UpdateOutcome;
}

export interface WorkflowStartUpdateWithStartInput {
  readonly workflowType: string;
  readonly workflowStartOptions: InterceptedStartOptions;
  readonly workflowStartHeaders: Headers;
  readonly updateName: string;
  readonly updateArgs: readonly unknown[];
  readonly updateOptions: WorkflowUpdateOptions;
  readonly updateHeaders: Headers;
}

export interface WorkflowStartUpdateWithStartOutput {
  readonly workflowExecution: { readonly workflowId: string; readonly runId: string };
  readonly updateId: string;
  readonly updateOutcome?: UpdateOutcome;
}

export interface WorkflowQueryInput {
  readonly queryType: string;
  readonly args: readonly unknown[];
  readonly workflowExecution: WorkflowExecutionTarget;
  readonly queryRejectCondition: QueryRejectCondition;
  readonly headers: Headers;
}

export interface WorkflowTerminateInput {
  readonly workflowExecution: WorkflowExecutionTarget;
  readonly firstExecutionRunId?: string;
  readonly reason?: string;
  readonly details?: readonly unknown[];
}

export interface WorkflowCancelInput {
  readonly workflowExecution: WorkflowExecutionTarget;
  readonly firstExecutionRunId?: string;
  readonly reason?: string;
}

export interface WorkflowDescribeInput {
  readonly workflowExecution: WorkflowExecutionTarget;
}

/** Stands around a call: does what it likes before, instead of and after `next`. */
type Hook<Input, Output> = (
  input: Input,
  next: (input: Input) => Promise<Output>,
) => Promise<Output>;

/** Called around the calls of `client.workflow`; each function is optional. */
export interface WorkflowClientInterceptor {
  /** Resolves with the run id. */
  start?: Hook<WorkflowStartInput, string>;
  signal?: Hook<WorkflowSignalInput, void>;
  /** Resolves with the id of the run that got the signal. */
  signalWithStart?: Hook<WorkflowSignalWithStartInput, string>;
  startUpdate?: Hook<WorkflowStartUpdateInput, WorkflowStartUpdateOutput>;
  startUpdateWithStart?: Hook<
    WorkflowStartUpdateWithStartInput,
    WorkflowStartUpdateWithStartOutput
  >;
  query?: Hook<WorkflowQueryInput, unknown>;
  terminate?: Hook<WorkflowTerminateInput, void>;
  cancel?: Hook<WorkflowCancelInput, void>;
  describe?: Hook<WorkflowDescribeInput, WorkflowExecutionDescription>;
}

/** The interceptors of a client. */
export interface ClientInterceptors {
  workflow?: WorkflowClientInterceptor[];
}

/** What a hook takes and resolves with. */
type Call<Method extends keyof WorkflowClientInterceptor> = Next<WorkflowClientInterceptor, Method>;

/** A call with the interceptors around it, the first one outermost. */
export function intercepted<Method extends keyof WorkflowClientInterceptor>(
  interceptors: readonly WorkflowClientInterceptor[],
  method: Method,
  call: Call<Method>,
): Call<Method> {
  type Around = (input: unknown, next: unknown) => unknown;
  let next: unknown = call;
  for (const interceptor of interceptors.toReversed()) {
    const around = interceptor[method] as Around | undefined;
    const inner = next;
    // Bound: an interceptor may be a class.
    if (around) next = (input: unknown) => around.call(interceptor, input, inner);
  }
  return next as Call<Method>;
}
