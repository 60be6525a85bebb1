/** Types that let a client and a workflow share one function's signature. */
import type { ActivityCancellationType } from './enums.ts';
import type { RetryPolicy } from './retry-policy.ts';
import type { Duration } from './time.ts';

export type WorkflowReturnType = Promise<unknown>;

/** A workflow function. */
// oxlint-disable-next-line typescript/no-explicit-any -- contravariant position: any function fits
export type Workflow = (...args: any[]) => WorkflowReturnType;

/** What a workflow function resolves to. */
export type WorkflowResultType<T extends Workflow> = Awaited<ReturnType<T>>;

/** Adds `args` to options: required when the function takes parameters. */
export type WithWorkflowArgs<F extends Workflow, O> = O &
  (Parameters<F> extends [unknown, ...unknown[]]
    ? { args: Parameters<F> | Readonly<Parameters<F>> }
    : { args?: Parameters<F> | Readonly<Parameters<F>> });

/** A signal's name with the types of its arguments. */
export interface SignalDefinition<Args extends unknown[] = [], Name extends string = string> {
  readonly type: 'signal';
  readonly name: Name;
  /** Never set: carries the argument types. */
  readonly __args?: Args;
}

/** A function that a worker registers as an activity. */
// oxlint-disable-next-line typescript/no-explicit-any -- contravariant position: any function fits
export type ActivityFunction = (...args: any[]) => unknown;

/** Activities whose types are not known. */
export type UntypedActivities = Record<string, ActivityFunction>;

/** The callable side of a set of activities: each returns a promise. */
export type ActivityInterfaceFor<A> = {
  [K in keyof A]: A[K] extends (...args: infer P) => infer R
    ? (...args: P) => Promise<Awaited<R>>
    : never;
};

/** Options of an activity call. One of the first two timeouts is required. */
export interface ActivityOptions {
  /** Longest time of one attempt. */
  startToCloseTimeout?: Duration;
  /** Longest time from schedule to final result, retries included. */
  scheduleToCloseTimeout?: Duration;
  /** Longest wait for a worker; never retried (semantics 10). */
  scheduleToStartTimeout?: Duration;
  /** Longest silence between two heartbeats. */
  heartbeatTimeout?: Duration;
  /** Default: semantics 13 (1 s, doubling, at most 100 s, unlimited). */
  retry?: RetryPolicy;
  /** Default: the workflow's task queue. */
  taskQueue?: string;
  /** Default: a sequence number as text. */
  activityId?: string;
  /** Default TRY_CANCEL. */
  cancellationType?: ActivityCancellationType;
}
