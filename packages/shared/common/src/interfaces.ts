/** Types that let a client and a workflow share one function's signature. */
import type { Payload } from './converter/payload.ts';
import type { ActivityCancellationType } from './enums.ts';
import type { Priority } from './priority.ts';
import type { RetryPolicy } from './retry-policy.ts';
import type { Duration } from './time.ts';
import type { VersioningIntent } from './versions.ts';

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

/** A query's name with the types of its arguments and result. */
export interface QueryDefinition<Ret, Args extends unknown[] = [], Name extends string = string> {
  readonly type: 'query';
  readonly name: Name;
  /** Never set: carries the argument types. */
  readonly __args?: Args;
  /** Never set: carries the result type. */
  readonly __ret?: () => Ret;
}

/** An update's name with the types of its arguments and result. */
export interface UpdateDefinition<Ret, Args extends unknown[] = [], Name extends string = string> {
  readonly type: 'update';
  readonly name: Name;
  /** Never set: carries the argument types. */
  readonly __args?: Args;
  /** Never set: carries the result type. */
  readonly __ret?: () => Ret;
}

/** Names a workflow, or one run of it. */
export interface WorkflowExecution {
  workflowId?: string;
  runId?: string;
}
/** A function that handles a signal. */
// oxlint-disable-next-line typescript/no-explicit-any -- contravariant position: any function fits
export type WorkflowSignalType = (...args: any[]) => Promise<void> | void;
/** A function that answers a query: at once, and without changing anything. */
// oxlint-disable-next-line typescript/no-explicit-any -- contravariant position: any function fits
export type WorkflowQueryType = (...args: any[]) => unknown;
/** A function that handles an update. */
// oxlint-disable-next-line typescript/no-explicit-any -- contravariant position: any function fits
export type WorkflowUpdateType = (...args: any[]) => unknown;
/** A function that refuses an update by throwing. */
// oxlint-disable-next-line typescript/no-explicit-any -- contravariant position: any function fits
export type WorkflowUpdateValidatorType = (...args: any[]) => void;

/** What a run that closes does about handlers that are still running. */
export const HandlerUnfinishedPolicy = {
  /** Log a warning. */
  WARN_AND_ABANDON: 'WARN_AND_ABANDON',
  /** Say nothing. */
  ABANDON: 'ABANDON',
} as const;
export type HandlerUnfinishedPolicy =
  (typeof HandlerUnfinishedPolicy)[keyof typeof HandlerUnfinishedPolicy];

/** What passes beside the arguments of a call, from interceptor to interceptor; not the user's. */
export type Headers = Record<string, Payload>;

/** A function that a worker registers as an activity. */
// oxlint-disable-next-line typescript/no-explicit-any -- contravariant position: any function fits
export type ActivityFunction = (...args: any[]) => unknown;

/** Activities whose types are not known. */
export type UntypedActivities = Record<string, ActivityFunction>;

/** The callable side of an activity, also with options for one call. */
export interface ActivityCall<P extends unknown[], R, O> {
  (...args: P): Promise<Awaited<R>>;
  /** Calls with options that replace those of the proxy, one by one. */
  executeWithOptions(options: O, args: P): Promise<Awaited<R>>;
}

/** The callable side of a set of activities: each returns a promise. */
export type ActivityInterfaceFor<A, O = ActivityOptions> = {
  [K in keyof A]: A[K] extends (...args: infer P) => infer R ? ActivityCall<P, R, O> : never;
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
  /** Accepted for older programs; without effect: the server gives work to whoever has it cached. */
  allowEagerDispatch?: boolean;
  /** For people: what the call is for. */
  summary?: string;
  /** Default: the workflow's. */
  priority?: Priority;
  /** Accepted for older programs; without effect. */
  versioningIntent?: VersioningIntent;
}

/** Options of a local activity call. One of the first two timeouts is required. */
export interface LocalActivityOptions {
  /** Longest time of one attempt. */
  startToCloseTimeout?: Duration;
  /** Longest time from schedule to final result, retries included. */
  scheduleToCloseTimeout?: Duration;
  /** Longest wait for a free slot of the worker. */
  scheduleToStartTimeout?: Duration;
  /** Default: semantics 13. */
  retry?: RetryPolicy;
  /** Longer waits between attempts become durable timers. Default 1 minute. */
  localRetryThreshold?: Duration;
  /** Default TRY_CANCEL. */
  cancellationType?: ActivityCancellationType;
  /** For people: what the call is for. */
  summary?: string;
}
