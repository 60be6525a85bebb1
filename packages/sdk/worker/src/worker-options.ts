import { getHeapStatistics } from 'node:v8';
import { hostname } from 'node:os';
import {
  type ActivityFunction,
  type Duration,
  type Logger,
  ValueError,
  msToNumber,
} from '@perdure/common';
import type { ClientInterceptors, Connection, ConverterOptions } from '@perdure/client';
import { loadClientConnectConfig } from '@perdure/envconfig';
import type { ActivityInterceptorsFactory } from './activity/interceptors.ts';
import type { BundlerOptions, WorkflowBundle } from './sandbox/bundle.ts';
import { withMetricsSink } from './metrics-sink.ts';
import { Runtime } from './runtime.ts';
import type { ThreadOptions } from './sandbox/threaded-vm.ts';
import type { InjectedSinks } from './sinks.ts';
import { type WorkerTuner, atLeastOne, slotsOf } from './tuner.ts';

/** A bundle in a file of its own. */
export interface WorkflowBundlePath {
  readonly codePath: string;
}

/** Workflow code that was bundled before. */
export type WorkflowBundleOption = WorkflowBundle | WorkflowBundlePath;

/** How a worker works. Names and defaults: sdk-api "worker". */
export interface WorkerOptions extends ConverterOptions, OptionsWithoutEffect {
  /** Where it looks for tasks. */
  taskQueue: string;
  /** Default: one of its own, from the environment, closed with the worker. */
  connection?: Connection;
  /** Default: the connection's, else PERDURE_NAMESPACE, else `default`. */
  namespace?: string;
  /** Absolute path of the module that exports the workflows. Without it or a bundle: activities only. */
  workflowsPath?: string;
  /** Workflow code bundled before, by `bundleWorkflowCode`: itself, or the path of its file. */
  workflowBundle?: WorkflowBundleOption;
  /** Activities by name; methods of an object or class instance count. Without them: workflows only. */
  activities?: object;
  /** For people: who works here. Default `pid@host`. */
  identity?: string;
  /** Says by one object what the next three options say. */
  tuner?: WorkerTuner;
  /** Default 40. */
  maxConcurrentWorkflowTaskExecutions?: number;
  /** Default 100. */
  maxConcurrentActivityTaskExecutions?: number;
  /** Local activities that run at once; others wait for a place. Default 100. */
  maxConcurrentLocalActivityExecutions?: number;
  /**
   * How many activities this worker begins in a second, about, local ones aside. Default: as many
   * as there are slots for.
   */
  maxActivitiesPerSecond?: number;
  /**
   * Like {@link maxActivitiesPerSecond}, and the smaller of the two counts. The server knows no limit
   * of a task queue: with several workers, give each its share.
   */
  maxTaskQueueActivitiesPerSecond?: number;
  /** Whether it takes activities from the task queue; if not, it runs local ones only. Default true. */
  enableNonLocalActivities?: boolean;
  /** Runs kept in memory between their tasks; 0 keeps none. Default: from the size of the heap. */
  maxCachedWorkflows?: number;
  /** How long an idle run stays in memory; it is replayed when it is needed again. Default 10 s. */
  cachedWorkflowIdleTimeout?: Duration;
  /** On shutdown, how long activities may finish before they are cancelled. Default 0. */
  shutdownGraceTime?: Duration;
  /** On shutdown, how long activities may take altogether before they are abandoned. Default: for ever. */
  shutdownForceTime?: Duration;
  /** Longest time between two heartbeats sent. Default 60 s. */
  maxHeartbeatThrottleInterval?: Duration;
  /** Time between two heartbeats sent of an activity without heartbeat timeout. Default 30 s. */
  defaultHeartbeatThrottleInterval?: Duration;
  /** What stands between the worker and the user's code. */
  interceptors?: WorkerInterceptors;
  /** Functions that workflow code may call and never hears back from. */
  sinks?: InjectedSinks;
  /**
   * Errors that fail a run and not just its task, by workflow type or `'*'`: class names, `'Error'`
   * for all, `'NondeterminismError'` (semantics 48).
   */
  workflowFailureErrorTypes?: Readonly<Record<string, readonly string[]>>;
  /** Threads that workflow code runs in; a run stays in one. Default 1. */
  workflowThreadPoolSize?: number;
  /**
   * How long workflow code may go on without yielding. Then its workflow task fails, and what other
   * runs of its thread were doing is done again by replay (semantics 50). Default 5 s.
   */
  isolateExecutionTimeout?: Duration;
  /**
   * Whether workflow code runs in the main thread, where debuggers look for it, and may block that for
   * as long as it likes. Default false.
   */
  debugMode?: boolean;
  /** How workflow code is bundled; nothing to say for a bundle that was made before. */
  bundlerOptions?: BundlerOptions;
  /** Default: the one of the `Runtime`. */
  logger?: Logger;
}

/**
 * Taken for programs that give them, and without effect here: tasks are pushed, not polled for, and
 * the runs of a thread share one context.
 */
export interface OptionsWithoutEffect {
  /** The server lets a run's next task wait 10 seconds for the worker that has it in memory. */
  stickyQueueScheduleToStartTimeout?: Duration;
  maxConcurrentWorkflowTaskPolls?: number;
  maxConcurrentActivityTaskPolls?: number;
  nonStickyToStickyPollRatio?: number;
  workflowTaskPollerBehavior?: PollerBehavior;
  activityTaskPollerBehavior?: PollerBehavior;
  maxEagerActivityReservationsPerWorkflowTask?: number;
  reuseV8Context?: boolean;
}

/** How a worker that polls would do so. */
export type PollerBehavior =
  | { type: 'simple-maximum'; maximum?: number }
  | { type: 'autoscaling'; minimum?: number; maximum?: number; initial?: number };

/** See {@link WorkerOptions.interceptors}. */
export interface WorkerInterceptors {
  /** Modules, by absolute path, that export `interceptors`; bundled with the workflows. */
  workflowModules?: string[];
  /** Called for every attempt of an activity. */
  activity?: ActivityInterceptorsFactory[];
  /** Those of the client that activities find as `Context.current().client`. */
  client?: ClientInterceptors;
}

/** Options with every gap filled. */
export interface CompiledWorkerOptions {
  readonly taskQueue: string;
  readonly namespace: string;
  readonly identity: string;
  readonly workflowSlots: number;
  readonly activitySlots: number;
  readonly activitiesPerSecond: number | undefined;
  readonly localActivitySlots: number;
  readonly maxCachedWorkflows: number;
  readonly cachedWorkflowIdleMs: number;
  readonly shutdownGraceMs: number;
  readonly shutdownForceMs: number | undefined;
  readonly maxHeartbeatThrottleMs: number;
  readonly defaultHeartbeatThrottleMs: number;
  /** Undefined where workflow code runs in the main thread. */
  readonly workflowThreads: ThreadOptions | undefined;
  readonly activities: ReadonlyMap<string, ActivityFunction>;
  readonly activityInterceptors: readonly ActivityInterceptorsFactory[];
  readonly sinks: InjectedSinks | undefined;
  /** Names that {@link WorkerOptions.workflowFailureErrorTypes} lists for a workflow type. */
  failureTypeNames(workflowType: string): readonly string[];
}

/** Memory that a cached run takes, about, in bytes: sandbox instance, host side and user state. */
const BYTES_PER_RUN = 50_000;

/** @throws ValueError naming the option that cannot be right */
export function compileWorkerOptions(options: WorkerOptions): CompiledWorkerOptions {
  const { taskQueue, shutdownForceTime } = options;
  if (typeof taskQueue !== 'string' || taskQueue === '') {
    throw new ValueError(
      `WorkerOptions.taskQueue must be a text that is not empty; got ${String(taskQueue)}`,
    );
  }
  const activities = activitiesOf(options.activities);
  const hasWorkflows = options.workflowsPath !== undefined || options.workflowBundle !== undefined;
  if (!hasWorkflows && activities.size === 0) {
    throw new ValueError(
      'a worker needs workflowsPath, workflowBundle or activities; got none of them',
    );
  }
  return {
    taskQueue,
    namespace:
      options.namespace ??
      options.connection?.defaults.namespace ??
      loadClientConnectConfig().namespace,
    identity: options.identity ?? `${process.pid}@${hostname()}`,
    workflowSlots: hasWorkflows ? slotsOf(options, 'maxConcurrentWorkflowTaskExecutions', 40) : 0,
    activitySlots:
      activities.size > 0 && options.enableNonLocalActivities !== false
        ? slotsOf(options, 'maxConcurrentActivityTaskExecutions', 100)
        : 0,
    activitiesPerSecond: rateOf(options),
    localActivitySlots: slotsOf(options, 'maxConcurrentLocalActivityExecutions', 100),
    maxCachedWorkflows: cacheSizeOf(options),
    cachedWorkflowIdleMs: msToNumber(options.cachedWorkflowIdleTimeout ?? '10s'),
    shutdownGraceMs: msToNumber(options.shutdownGraceTime ?? 0),
    shutdownForceMs: shutdownForceTime === undefined ? undefined : msToNumber(shutdownForceTime),
    maxHeartbeatThrottleMs: msToNumber(options.maxHeartbeatThrottleInterval ?? '60s'),
    defaultHeartbeatThrottleMs: msToNumber(options.defaultHeartbeatThrottleInterval ?? '30s'),
    workflowThreads: threadsOf(options),
    activities,
    activityInterceptors: options.interceptors?.activity ?? [],
    sinks: withMetricsSink(options.sinks, Runtime.instance().metricMeter),
    failureTypeNames: failureTypeNames(options.workflowFailureErrorTypes ?? {}),
  };
}

/** The names that {@link WorkerOptions.workflowFailureErrorTypes} lists, by workflow type. */
export function failureTypeNames(
  listed: Readonly<Record<string, readonly string[]>>,
): (workflowType: string) => readonly string[] {
  const forAll = listed['*'] ?? [];
  return (type) => (Object.hasOwn(listed, type) ? [...forAll, ...(listed[type] ?? [])] : forAll);
}

function threadsOf(options: WorkerOptions): ThreadOptions | undefined {
  const timeoutMs = msToNumber(options.isolateExecutionTimeout ?? '5s');
  const threads = atLeastOne('workflowThreadPoolSize', options.workflowThreadPoolSize ?? 1);
  return options.debugMode ? undefined : { threads, timeoutMs };
}

/** The smaller of two limits; undefined without any. */
function rateOf(options: WorkerOptions): number | undefined {
  const rates = (['maxActivitiesPerSecond', 'maxTaskQueueActivitiesPerSecond'] as const).flatMap(
    (field) => {
      const rate = options[field];
      if (rate === undefined || rate > 0) return rate ?? [];
      throw new ValueError(`WorkerOptions.${field} must be more than 0; got ${rate}`);
    },
  );
  return rates.length > 0 ? Math.min(...rates) : undefined;
}

function cacheSizeOf({ maxCachedWorkflows: size = defaultCacheSize() }: WorkerOptions): number {
  if (Number.isInteger(size) && size >= 0) return size;
  throw new ValueError(
    `WorkerOptions.maxCachedWorkflows must be a whole number of at least 0; got ${size}`,
  );
}

function defaultCacheSize(): number {
  const { heap_size_limit: limit } = getHeapStatistics();
  return Math.max(Math.floor((limit * 0.5) / BYTES_PER_RUN), 10);
}

/** Functions of an object, those of its class included, bound to it. */
function activitiesOf(source: object | undefined): ReadonlyMap<string, ActivityFunction> {
  const found = new Map<string, ActivityFunction>();
  for (let object: object | null = source ?? null; object && object !== Object.prototype;) {
    for (const name of Object.getOwnPropertyNames(object)) {
      if (name === 'constructor' || found.has(name)) continue;
      const value = (source as Record<string, unknown>)[name];
      if (typeof value === 'function') found.set(name, (value as ActivityFunction).bind(source));
    }
    object = Object.getPrototypeOf(object) as object | null;
  }
  return found;
}
