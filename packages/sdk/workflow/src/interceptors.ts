/**
 * What can be put between workflow code and the SDK. A module named in the worker's
 * `interceptors.workflowModules` exports `interceptors`, a function that returns these; it is called
 * once for every run. Each method gets the call and `next`, which goes on with it.
 */
import type { ActivityOptions, Headers, LocalActivityOptions, MetricTags } from '@perdure/common';
import type { ChildWorkflowOptionsWithDefaults } from './child-workflow-options.ts';
import type { ContinueAsNewOptions } from './continue-as-new.ts';
import type { Activation, SandboxCommand } from './runtime/activation.ts';

export interface WorkflowExecuteInput {
  readonly args: unknown[];
  readonly headers: Headers;
}
export interface SignalInput {
  readonly signalName: string;
  readonly args: unknown[];
  readonly headers: Headers;
}
export interface QueryInput {
  readonly queryId: string;
  readonly queryName: string;
  readonly args: unknown[];
  readonly headers: Headers;
}
export interface UpdateInput {
  readonly updateId: string;
  readonly name: string;
  readonly args: unknown[];
  readonly headers: Headers;
}

/** Calls that come to the workflow. */
export interface WorkflowInboundCallsInterceptor {
  execute?(
    input: WorkflowExecuteInput,
    next: (input: WorkflowExecuteInput) => Promise<unknown>,
  ): Promise<unknown>;
  handleSignal?(input: SignalInput, next: (input: SignalInput) => Promise<void>): Promise<void>;
  handleQuery?(input: QueryInput, next: (input: QueryInput) => Promise<unknown>): Promise<unknown>;
  handleUpdate?(
    input: UpdateInput,
    next: (input: UpdateInput) => Promise<unknown>,
  ): Promise<unknown>;
  validateUpdate?(input: UpdateInput, next: (input: UpdateInput) => void): void;
}

export interface TimerInput {
  readonly durationMs: number;
  readonly seq: number;
  readonly options?: TimerOptions;
}
/** Options of a timer. */
export interface TimerOptions {
  /** For people: what is waited for. */
  readonly summary?: string;
}
export interface ActivityInput {
  readonly activityType: string;
  readonly args: unknown[];
  readonly options: ActivityOptions;
  readonly headers: Headers;
  readonly seq: number;
}
export interface LocalActivityInput {
  readonly activityType: string;
  readonly args: unknown[];
  readonly options: LocalActivityOptions;
  readonly headers: Headers;
  readonly seq: number;
  /** Set when it is tried again after a durable wait. */
  readonly originalScheduleTimeMs?: number;
  readonly attempt: number;
}
export interface StartChildWorkflowExecutionInput {
  readonly workflowType: string;
  readonly options: ChildWorkflowOptionsWithDefaults;
  readonly headers: Headers;
  readonly seq: number;
}
export interface SignalWorkflowInput {
  readonly seq: number;
  readonly signalName: string;
  readonly args: unknown[];
  readonly headers: Headers;
  readonly target:
    | {
        readonly type: 'external';
        readonly workflowExecution: { workflowId: string; runId?: string };
      }
    | { readonly type: 'child'; readonly childWorkflowId: string };
}
export interface ContinueAsNewInput {
  readonly args: unknown[];
  readonly headers: Headers;
  readonly options: ContinueAsNewOptions & { workflowType: string };
}
export type GetLogAttributesInput = Record<string, unknown>;
export type GetMetricTagsInput = MetricTags;

/** Calls that the workflow makes. */
export interface WorkflowOutboundCallsInterceptor {
  startTimer?(input: TimerInput, next: (input: TimerInput) => Promise<void>): Promise<void>;
  scheduleActivity?(
    input: ActivityInput,
    next: (input: ActivityInput) => Promise<unknown>,
  ): Promise<unknown>;
  scheduleLocalActivity?(
    input: LocalActivityInput,
    next: (input: LocalActivityInput) => Promise<unknown>,
  ): Promise<unknown>;
  /** Resolves with two promises: of the child's run id once it has started, and of its result. */
  startChildWorkflowExecution?(
    input: StartChildWorkflowExecutionInput,
    next: (input: StartChildWorkflowExecutionInput) => Promise<[Promise<string>, Promise<unknown>]>,
  ): Promise<[Promise<string>, Promise<unknown>]>;
  signalWorkflow?(
    input: SignalWorkflowInput,
    next: (input: SignalWorkflowInput) => Promise<void>,
  ): Promise<void>;
  continueAsNew?(
    input: ContinueAsNewInput,
    next: (input: ContinueAsNewInput) => Promise<never>,
  ): Promise<never>;
  /** Adds facts to every line that the workflow logs. */
  getLogAttributes?(
    input: GetLogAttributesInput,
    next: (input: GetLogAttributesInput) => Record<string, unknown>,
  ): Record<string, unknown>;
  /** Adds tags to everything that the workflow measures. */
  getMetricTags?(
    input: GetMetricTagsInput,
    next: (input: GetMetricTagsInput) => MetricTags,
  ): MetricTags;
}

export interface ActivateInput {
  readonly activation: Activation;
  readonly batchIndex: number;
}
export interface ConcludeActivationInput {
  readonly commands: readonly SandboxCommand[];
}
export type ConcludeActivationOutput = ConcludeActivationInput;
export type DisposeInput = Readonly<Record<never, never>>;

/** The SDK's own steps, for those who know them well. */
export interface WorkflowInternalsInterceptor {
  activate?(input: ActivateInput, next: (input: ActivateInput) => void): void;
  concludeActivation?(
    input: ConcludeActivationInput,
    next: (input: ConcludeActivationInput) => ConcludeActivationOutput,
  ): ConcludeActivationOutput;
  dispose?(input: DisposeInput, next: (input: DisposeInput) => void): void;
}

/** What an interceptor module's `interceptors` function returns. */
export interface WorkflowInterceptors {
  inbound?: WorkflowInboundCallsInterceptor[];
  outbound?: WorkflowOutboundCallsInterceptor[];
  internals?: WorkflowInternalsInterceptor[];
}

/** What an interceptor module exports as `interceptors`. */
export type WorkflowInterceptorsFactory = () => WorkflowInterceptors;
