/**
 * What every file here tests against: the platform's own code in this process, on a clock that skips
 * what nobody waits for; encryption on. Each {@link Fixture.scenario} is two tests, one with the
 * worker's cache and one without, and each is a replay test besides: whatever histories it leaves
 * are replayed when it ends.
 */
import type { Client, WorkflowHandle } from '@perdure/client';
import { bundleOf } from '@perdure/test-support';
import { TestWorkflowEnvironment } from '@perdure/testing';
import {
  DefaultLogger,
  type HistoryToReplay,
  type LogEntry,
  Worker,
  type WorkerOptions,
} from '@perdure/worker';
import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

export { historyOf, shape } from '@perdure/test-support';

/** What a scenario works with. */
export interface Scene {
  readonly env: TestWorkflowEnvironment;
  readonly client: Client;
  /** Of this test alone. */
  readonly taskQueue: string;
  /** What the worker has logged, from INFO up. */
  readonly log: readonly LogEntry[];
  /** Starts a workflow of the file by name, under a new id unless one is given. */
  start(this: void, type: string, args?: unknown[], options?: object): Promise<WorkflowHandle>;
  /** A new workflow id. */
  id(this: void): string;
  /** Runs a worker with the code of another module while something runs, then ends it. */
  whileServedBy<T>(
    this: void,
    workflows: string,
    run: () => Promise<T>,
    options?: Partial<WorkerOptions>,
  ): Promise<T>;
}

export interface Fixture {
  /**
   * A test by the scenario's number and name, with a worker that runs until it ends.
   *
   * @param options of the worker; `false` for none
   */
  scenario(
    this: void,
    name: string,
    test: (scene: Scene) => Promise<void>,
    options?: Partial<WorkerOptions> | false,
  ): void;
  readonly env: TestWorkflowEnvironment;
}

const caches = { 'with the cache': undefined, 'without the cache': 0 } as const;

/**
 * Registers the fixture with the file's hooks.
 *
 * @param workflows name of the workflows module in `workflows/`
 * @param activities served by every worker of the file
 */
export function useFixture(workflows: string, activities: object = {}): Fixture {
  const workflowsPath = pathOf(workflows);
  const file = {} as { env: TestWorkflowEnvironment };

  beforeAll(async () => {
    [file.env] = await Promise.all([
      TestWorkflowEnvironment.createTimeSkipping(),
      bundleOf(workflowsPath),
    ]);
  });
  afterAll(() => file.env.teardown());

  async function play(
    test: (scene: Scene) => Promise<void>,
    maxCachedWorkflows: number | undefined,
    options: Partial<WorkerOptions> | false,
  ): Promise<void> {
    const { env } = file;
    const taskQueue = `queue-${randomUUID().slice(0, 8)}`;
    const log: LogEntry[] = [];
    const known = await runsOf(env);
    const workerOf = async (path: string, more: Partial<WorkerOptions>): Promise<Worker> =>
      Worker.create({
        connection: env.nativeConnection,
        workflowBundle: await bundleOf(path),
        activities,
        taskQueue,
        maxCachedWorkflows,
        shutdownForceTime: '5s',
        logger: new DefaultLogger('INFO', (entry) => void log.push(entry)),
        ...more,
      });
    const scene: Scene = {
      env,
      client: env.client,
      taskQueue,
      log,
      id: () => randomUUID(),
      start: (type, args = [], more = {}) =>
        env.client.workflow.start(type, { taskQueue, workflowId: randomUUID(), args, ...more }),
      whileServedBy: async (other, run, more = {}) =>
        (await workerOf(pathOf(other), more)).runUntil(run),
    };
    const run = () => test(scene);
    if (options === false) await run();
    else {
      const worker = await workerOf(workflowsPath, options);
      await worker.runUntil(run);
    }
    await replayAll(env, workflowsPath, known, options || {});
  }

  return {
    get env() {
      return file.env;
    },
    scenario(name, test, options = {}) {
      describe(`${name}`, () => {
        it.each(Object.entries(caches))('%s', async (_, size) => {
          await expect(play(test, size, options)).resolves.toBeUndefined();
        });
      });
    },
  };
}

async function runsOf(env: TestWorkflowEnvironment): Promise<Set<string>> {
  const runs = new Set<string>();
  for await (const { runId } of env.client.workflow.list()) runs.add(runId);
  return runs;
}

/** Replays every history that came to be since, as far as the workflow's code had seen it. */
async function replayAll(
  env: TestWorkflowEnvironment,
  workflowsPath: string,
  known: ReadonlySet<string>,
  { workflowFailureErrorTypes, sinks }: Partial<WorkerOptions>,
): Promise<void> {
  const workflowBundle = await bundleOf(workflowsPath);
  const { namespace } = env;
  const { keyRing } = env.connection.defaults;
  const code = { workflowBundle, workflowFailureErrorTypes, sinks };
  const replays = Worker.runReplayHistories(
    { ...code, namespace, keyRing },
    historiesOf(env, known),
  );
  for await (const { error } of replays) if (error) throw error;
}

async function* historiesOf(
  { client }: TestWorkflowEnvironment,
  known: ReadonlySet<string>,
): AsyncGenerator<HistoryToReplay> {
  for await (const { workflowId, runId } of client.workflow.list()) {
    if (known.has(runId)) continue;
    const history = await client.workflow.getHandle(workflowId, runId).fetchHistory();
    yield { workflowId, history };
  }
}

/** Path of a module in `workflows/`. */
export function pathOf(workflows: string): string {
  return fileURLToPath(new URL(`./workflows/${workflows}.ts`, import.meta.url));
}
