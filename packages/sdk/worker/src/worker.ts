import { Client, Connection, loadConverter } from '@perdure/client';
import { type Duration, IllegalStateError, type Logger, msToNumber } from '@perdure/common';
import type { LoadedDataConverter } from '@perdure/data-converter';
import { ActivityRunner } from './activity/activity-runner.ts';
import {
  CombinedWorkerRunError,
  GracefulShutdownPeriodExpiredError,
  PromiseCompletionTimeoutError,
} from './errors.ts';
import {
  type History,
  type HistoryJson,
  type HistoryToReplay,
  type ReplayResult,
  type ReplayWorkerOptions,
  createReplayer,
} from './replay.ts';
import { Runtime } from './runtime.ts';
import { loadSandbox } from './sandbox/load-sandbox.ts';
import type { Sandbox, SandboxSettings } from './sandbox/interface.ts';
import { WorkerSession } from './session/worker-session.ts';
import {
  type CompiledWorkerOptions,
  type WorkerOptions,
  compileWorkerOptions,
} from './worker-options.ts';
import { WorkflowRunner } from './workflow/workflow-runner.ts';

/** Where a worker is in its life. */
export type WorkerState =
  | 'INITIALIZED'
  | 'RUNNING'
  | 'STOPPING'
  | 'DRAINING'
  | 'DRAINED'
  | 'STOPPED'
  | 'FAILED';

/** What {@link Worker.getStatus} tells. */
export interface WorkerStatus {
  readonly runState: WorkerState;
  readonly numCachedWorkflows: number;
  readonly numInFlightWorkflowActivations: number;
  readonly numInFlightActivities: number;
}

/** Options of {@link Worker.runUntil}. */
export interface RunUntilOptions {
  /**
   * How long the promise may take once the worker has stopped for another reason, a signal for
   * example. Default 0.
   */
  promiseCompletionTimeout?: Duration;
}

interface WorkerParts {
  readonly given: WorkerOptions;
  readonly options: CompiledWorkerOptions;
  readonly converter: LoadedDataConverter;
  readonly sandbox: Sandbox | undefined;
  readonly runtime: Runtime;
  readonly log: Logger;
}

/**
 * Runs workflows and activities of one task queue.
 *
 * @example
 * ```ts
 * const worker = await Worker.create({
 *   taskQueue: 'orders',
 *   workflowsPath: fileURLToPath(new URL('./workflows.js', import.meta.url)),
 *   activities,
 * });
 * await worker.run();
 * ```
 */
export class Worker {
  readonly #parts: WorkerParts;
  #connection: Connection;
  /** Whether the worker made the connection itself and closes it in the end. */
  #ownsConnection: boolean;
  #client: Client | undefined;
  #state: WorkerState = 'INITIALIZED';
  #session: WorkerSession | undefined;
  #workflows: WorkflowRunner | undefined;
  #activities: ActivityRunner | undefined;
  #stop: () => void = () => {};
  #fail: (error: Error) => void = () => {};

  private constructor(parts: WorkerParts, connection: Connection) {
    this.#parts = parts;
    this.#connection = connection;
    this.#ownsConnection = parts.given.connection === undefined;
  }

  /**
   * Prepares a worker: bundles its workflow code, loads its keys, connects.
   *
   * @throws ValueError for an option that cannot be right
   * @throws WorkflowBundleError when workflow code imports what it may not
   * @throws PerdureServiceError when the server cannot be reached or refuses the API key
   */
  static async create(options: WorkerOptions): Promise<Worker> {
    const compiled = compileWorkerOptions(options);
    const runtime = Runtime.instance();
    const log = options.logger ?? runtime.logger;
    const loading = loadSandbox(options, settingsOf(compiled), compiled.workflowThreads);
    try {
      const [connection, converter, sandbox] = await Promise.all([
        connected(options.connection),
        loadConverter(options),
        loading,
      ]);
      const parts = { given: options, options: compiled, converter, sandbox, runtime, log };
      return new Worker(parts, connection);
    } catch (error) {
      const [loaded] = await Promise.allSettled([loading]);
      if (loaded.status === 'fulfilled') await loaded.value?.close();
      throw error;
    }
  }

  /**
   * Replays a history with the workflow code at hand, without a server: does the code still do what
   * it did?
   *
   * @throws DeterminismViolationError when the code asks for something else than it did
   * @throws ReplayError when the replay fails in another way
   */
  static async runReplayHistory(
    options: ReplayWorkerOptions,
    history: History | HistoryJson,
    workflowId?: string,
  ): Promise<void> {
    const replayer = await createReplayer(options);
    const { error } = await replayer.replay({ workflowId, history });
    if (error) throw error;
  }

  /** Replays any number of histories; of each, why it cannot be replayed, if it cannot. */
  static async *runReplayHistories(
    options: ReplayWorkerOptions,
    histories: AsyncIterable<HistoryToReplay> | Iterable<HistoryToReplay>,
  ): AsyncGenerator<ReplayResult> {
    const replayer = await createReplayer(options);
    for await (const each of histories) yield replayer.replay(each);
  }

  /** Where it gets its tasks. */
  get connection(): Connection {
    return this.#connection;
  }

  /**
   * Exchanges the connection before the worker runs. One that runs needs no other: its connection
   * mends itself.
   *
   * @throws IllegalStateError once it runs
   */
  set connection(connection: Connection) {
    if (this.#state !== 'INITIALIZED') {
      throw new IllegalStateError(
        `the connection of a worker is set before it runs; this one is ${this.#state}`,
      );
    }
    if (this.#ownsConnection) void this.#connection.close();
    this.#connection = connection;
    this.#ownsConnection = false;
    this.#client = undefined;
  }

  /** A client on the worker's connection: what activities find as `Context.current().client`. */
  get client(): Client {
    const { given, options } = this.#parts;
    this.#client ??= new Client({
      connection: this.#connection,
      namespace: options.namespace,
      identity: options.identity,
      dataConverter: given.dataConverter,
      keyRing: given.keyRing,
      interceptors: given.interceptors?.client,
    });
    return this.#client;
  }

  getState(): WorkerState {
    return this.#state;
  }

  /** Numbers for people and tests. */
  getStatus(): WorkerStatus {
    return {
      runState: this.#state,
      numCachedWorkflows: this.#workflows?.cachedRuns ?? 0,
      numInFlightWorkflowActivations: this.#workflows?.running ?? 0,
      numInFlightActivities: this.#activities?.running ?? 0,
    };
  }

  /**
   * Works until {@link shutdown} or a signal that the {@link Runtime} names.
   *
   * @throws PerdureServiceError when the server refuses the worker, for example a revoked key
   * @throws IllegalStateError when it has run before
   */
  async run(): Promise<void> {
    if (this.#state !== 'INITIALIZED') {
      throw new IllegalStateError(`a worker runs once; this one is ${this.#state}`);
    }
    this.#state = 'RUNNING';
    const stopped = new Promise<void>((resolve, reject) => {
      this.#stop = resolve;
      this.#fail = reject;
    });
    const stopsRunning = this.#parts.runtime.workerRuns(() => this.shutdown());
    try {
      this.#open();
      await stopped;
      await this.#drain();
      this.#state = 'STOPPED';
    } catch (error) {
      this.#state = 'FAILED';
      throw error;
    } finally {
      stopsRunning();
      await this.#close();
    }
  }

  /**
   * Runs the worker until a promise settles, then shuts it down.
   *
   * @returns what the promise resolved to
   * @throws CombinedWorkerRunError when both the worker and the promise fail
   * @throws PromiseCompletionTimeoutError when the worker was shut down by somebody else, and the
   * promise has not settled in the time it has
   */
  async runUntil<R>(
    work: Promise<R> | (() => Promise<R>),
    { promiseCompletionTimeout = 0 }: RunUntilOptions = {},
  ): Promise<R> {
    const timeoutMs = msToNumber(promiseCompletionTimeout);
    const running = this.run();
    const inner = (async () => (typeof work === 'function' ? work() : work))();
    const stop = () => this.shutdown();
    void inner.then(stop, stop);
    const [worker] = await Promise.allSettled([running]);
    const late = () => new PromiseCompletionTimeoutError(timeoutMs);
    const [result] = await Promise.allSettled([withDeadline(inner, timeoutMs, late)]);
    if (worker.status === 'rejected' && result.status === 'rejected') {
      throw new CombinedWorkerRunError(worker.reason, result.reason);
    }
    if (worker.status === 'rejected') throw worker.reason;
    if (result.status === 'rejected') throw result.reason;
    return result.value;
  }

  /** Begins to shut down; {@link run} resolves when it is done. */
  shutdown(): void {
    if (this.#state !== 'RUNNING') return;
    this.#state = 'STOPPING';
    this.#stop();
  }

  #open(): void {
    const { options, converter, sandbox, runtime, log } = this.#parts;
    const connection = this.#connection;
    const surroundings = { metricMeter: runtime.metricMeter, client: () => this.client };
    const session = new WorkerSession(
      connection,
      {
        ...options,
        workflowTypes: sandbox?.workflowTypes ?? [],
        activityTypes: options.activitySlots > 0 ? [...options.activities.keys()] : [],
      },
      {
        workflowTask: (task) => void workflows?.start(task),
        activityTask: (task) => void activities.start(task),
        cancelActivity: (token) => activities.cancel(token),
        query: (query) =>
          void workflows?.answerQuery(query).then((answer) => session.answer(answer)),
        hurry: (runId) => workflows?.hurry(runId),
        runningActivities: () => [...activities.tokens(), ...(workflows?.offeredTokens() ?? [])],
        runningWorkflowTasks: () => workflows?.tokens() ?? [],
        failed: (error) => this.#fail(error),
      },
      log,
    );
    const workflows =
      sandbox &&
      new WorkflowRunner({
        options,
        converter,
        sandbox,
        session,
        surroundings,
        log,
        activities: () => activities,
        fetchHistory: (workflowId, runId) =>
          connection.fetchHistory({ namespace: options.namespace, workflowId, runId }),
      });
    const fuser = workflows ?? { offer: () => false };
    const activities = new ActivityRunner({
      options,
      converter,
      session,
      fuser,
      surroundings,
      log,
    });
    this.#session = session;
    this.#workflows = workflows;
    this.#activities = activities;
  }

  async #drain(): Promise<void> {
    const { shutdownGraceMs, shutdownForceMs } = this.#parts.options;
    this.#state = 'DRAINING';
    this.#session?.drain();
    const cancel = setTimeout(() => this.#activities?.cancelAll(), shutdownGraceMs);
    try {
      await withDeadline(
        this.#quiet(),
        shutdownForceMs,
        (ms) => new GracefulShutdownPeriodExpiredError(ms),
      );
      this.#state = 'DRAINED';
    } finally {
      clearTimeout(cancel);
    }
  }

  /** Resolves when nothing runs and all is acknowledged: what ends may have led to more. */
  async #quiet(): Promise<void> {
    const [activities, workflows, session] = [this.#activities, this.#workflows, this.#session];
    do {
      await activities?.idle();
      await workflows?.idle();
      await session?.settled();
    } while (activities?.running || workflows?.running || session?.unacknowledged);
  }

  async #close(): Promise<void> {
    this.#workflows?.close();
    this.#session?.close();
    await this.#parts.sandbox?.close();
    if (this.#ownsConnection) await this.#connection.close();
  }
}

function settingsOf({ activities }: CompiledWorkerOptions): SandboxSettings {
  // With a default activity every name is one.
  return activities.has('default') ? {} : { registeredActivities: [...activities.keys()] };
}

/** A connection that stands: the one given, or the worker's own. */
async function connected(given = Connection.lazy()): Promise<Connection> {
  await given.ensureConnected();
  return given;
}

/** Fails work that takes longer; what has ended already never does. */
async function withDeadline<R>(
  work: Promise<R>,
  ms: number | undefined,
  failure: (ms: number) => Error,
): Promise<R> {
  if (ms === undefined) return work;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(failure(ms)), ms);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}
