import { asyncLocalStorage } from '@perdure/activity';
import type { Client, Connection } from '@perdure/client';
import { type Duration, IllegalStateError, msToNumber, silentLogger } from '@perdure/common';
import type {
  ExistingServerTestWorkflowEnvironmentOptions,
  LocalTestWorkflowEnvironmentOptions,
  TestWorkflowEnvironmentOptions,
  TimeSkippingTestWorkflowEnvironmentOptions,
} from './environment-options.ts';
import { startLocalPlatform } from './local-platform.ts';
import { realTime } from './real-time.ts';
import type { TestPlatform } from './test-platform.ts';
import { attemptName } from './time-skipping/attempt-name.ts';

/** Parts of an environment that stands. */
interface EnvironmentParts {
  readonly platform: TestPlatform;
  readonly client: Client;
  readonly options: TestWorkflowEnvironmentOptions;
  readonly supportsTimeSkipping: boolean;
}

/**
 * A platform to test workflows on, with a client connected to it.
 *
 * @example
 * ```ts
 * const env = await TestWorkflowEnvironment.createTimeSkipping();
 * const worker = await Worker.create({
 *   connection: env.nativeConnection,
 *   taskQueue: 'test',
 *   workflowsPath,
 *   activities,
 * });
 * // Sleeps of days in the workflow take no time.
 * const result = await worker.runUntil(
 *   env.client.workflow.execute(monthlyStatements, { taskQueue: 'test', workflowId: 'statements' }),
 * );
 * await env.teardown();
 * ```
 */
export class TestWorkflowEnvironment {
  /** Connected to the platform. */
  readonly client: Client;
  readonly connection: Connection;
  /** For workers; the same as {@link connection}. */
  readonly nativeConnection: Connection;
  readonly namespace: string;
  /** Where the platform is, for connections of one's own. */
  readonly address: string;
  /** Opens the namespace, for connections of one's own; undefined when the environment has none. */
  readonly apiKey: string | undefined;
  /** What the environment was made with. */
  readonly options: TestWorkflowEnvironmentOptions;
  /** Whether time is left out while nothing happens; else {@link sleep} takes its time. */
  readonly supportsTimeSkipping: boolean;
  readonly #platform: TestPlatform;
  #tornDown: Promise<void> | undefined;

  private constructor({ platform, client, options, supportsTimeSkipping }: EnvironmentParts) {
    this.#platform = platform;
    this.client = client;
    this.connection = client.connection;
    this.nativeConnection = client.connection;
    this.namespace = client.namespace;
    this.address = platform.address;
    this.apiKey = platform.apiKey;
    this.options = options;
    this.supportsTimeSkipping = supportsTimeSkipping;
  }

  /**
   * An environment in which time that nobody uses is left out: the platform's own code in this
   * process, on stores in memory. It needs no network, no database and no download.
   *
   * Time passes as usual until somebody waits: in {@link sleep}, or for a workflow's `result()`.
   * Then, whenever no activity runs and no workflow has anything to do, the clock jumps to the next
   * timer, retry or timeout. An activity that calls {@link sleep} does not hold it up. A workflow
   * task that fails does, while it is tried again: for as long as that takes where the result of
   * its workflow is waited for, else for a few attempts.
   */
  static async createTimeSkipping(
    options: TimeSkippingTestWorkflowEnvironmentOptions = {},
  ): Promise<TestWorkflowEnvironment> {
    const { connectToOwn, ownPlatformSettings } = await import('./connect.ts');
    const { startTimeSkippingPlatform } = await import('./time-skipping/time-skipping-platform.ts');
    const { defaults, ...settings } = ownPlatformSettings(options);
    const log = options.logger ?? silentLogger;
    const platform = await startTimeSkippingPlatform({ ...settings, log });
    const client = await connectToOwn(platform, defaults, options);
    return new TestWorkflowEnvironment({ platform, client, options, supportsTimeSkipping: true });
  }

  /**
   * An environment on a real platform of its own, as `perdure dev` starts it, with an empty
   * database. Time is real. Needs the package `@perdure/embedded`.
   *
   * @throws IllegalStateError when that package is not installed
   * @throws ServiceError of that package when the platform cannot start
   */
  static async createLocal(
    options: LocalTestWorkflowEnvironmentOptions = {},
  ): Promise<TestWorkflowEnvironment> {
    const { connectToOwn, ownPlatformSettings } = await import('./connect.ts');
    const { defaults, ...settings } = ownPlatformSettings(options);
    const platform = await startLocalPlatform(settings, options.server ?? {});
    const client = await connectToOwn(platform, defaults, options);
    return new TestWorkflowEnvironment({ platform, client, options, supportsTimeSkipping: false });
  }

  /**
   * An environment on a platform that runs already. Time is real. What is not given comes from the
   * PERDURE_* environment variables, the key ring included.
   *
   * @throws PerdureServiceError when it cannot be reached or refuses the API key
   */
  static async createFromExistingServer(
    options: ExistingServerTestWorkflowEnvironmentOptions = {},
  ): Promise<TestWorkflowEnvironment> {
    const { connect } = await import('./connect.ts');
    const { address, apiKey, namespace } = options;
    const defaults = { namespace, keyRing: options.client?.keyRing };
    const client = await connect({ address, apiKey, defaults }, options);
    const close = async () => {};
    const platform = { ...realTime, address: client.connection.address, apiKey, close };
    return new TestWorkflowEnvironment({ platform, client, options, supportsTimeSkipping: false });
  }

  /**
   * Waits for the platform's time to pass; with time skipping that takes as long as there is
   * something to do in it, and workflows have dealt with what was due by then.
   *
   * Activities may call it too, to take long without taking long. That time is theirs like any
   * other: an attempt that sleeps past its start-to-close or heartbeat time-out times out and is
   * tried again, so a test that sleeps for two days wants a workflow that allows for two days.
   *
   * @throws ValueError when the duration is not one
   * @throws IllegalStateError when the environment is torn down meanwhile; with time skipping also in a
   *   local activity, which is part of a workflow task: that may not take long
   */
  async sleep(duration: Duration): Promise<void> {
    const info = asyncLocalStorage.getStore()?.info;
    if (info?.isLocal && this.supportsTimeSkipping) {
      throw new IllegalStateError(
        'a local activity cannot sleep in the test environment: time is not left out while a ' +
          'workflow task runs, and it is part of one; make it a regular activity to let time pass',
      );
    }
    const attempt =
      info && attemptName(info.workflowExecution.runId, info.activityId, info.attempt);
    await this.#platform.sleep(Math.max(msToNumber(duration), 0), attempt);
  }

  /** The platform's time, in milliseconds since the Unix epoch. */
  async currentTimeMs(): Promise<number> {
    return this.#platform.now();
  }

  /** Ends all that the environment has started; end its workers before. A second call waits too. */
  teardown(): Promise<void> {
    this.#tornDown ??= this.#end();
    return this.#tornDown;
  }

  async #end(): Promise<void> {
    try {
      await this.connection.close();
    } finally {
      await this.#platform.close();
    }
  }
}
