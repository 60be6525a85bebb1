/**
 * What every file here tests against: one platform per file, encryption on; per test a task queue of
 * its own, and workers and connections that end with the test. Each test is a replay test besides:
 * the histories it leaves are replayed when it ends.
 */
import { type Client, Connection, type WorkflowHandle } from '@perdure/client';
import type { EmbeddedOptions } from '@perdure/embedded';
import {
  type Platform,
  type RunningWorker,
  Stage,
  bundleOf,
  clientOf,
  startPlatform,
  startWorker,
} from '@perdure/test-support';
import { Worker, type WorkerOptions, type WorkflowBundleOption } from '@perdure/worker';
import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest';

export { historyOf, shape } from '@perdure/test-support';

/** See the module comment. */
export interface Fixture {
  readonly platform: Platform;
  readonly client: Client;
  /** Ends with the present test. */
  readonly stage: Stage;
  /** Of the present test. */
  readonly taskQueue: string;
  /** A worker of the present test's queue, with the file's workflows unless told otherwise. */
  worker(options?: Partial<WorkerOptions>): Promise<RunningWorker>;
  /** A worker that runs activities and no workflows. */
  activityWorker(options: Partial<WorkerOptions>): Promise<RunningWorker>;
  /** Starts a workflow of the file by name, under a new id. */
  start(type: string, ...args: unknown[]): Promise<WorkflowHandle>;
}

/**
 * Registers the fixture with the file's hooks. Its fields are there once the tests run.
 *
 * @param workflows name of the workflows module in `workflows/`
 */
export function useFixture(workflows: string, options: EmbeddedOptions = {}): Fixture {
  const workflowsPath = workflowsPathOf(workflows);
  const fileStage = new Stage();
  const file = {} as { platform: Platform; client: Client };
  let test = newTest();
  const replayed = new Set<string>();

  beforeAll(async () => {
    const [platform] = await Promise.all([
      startPlatform(fileStage, options),
      bundleOf(workflowsPath),
    ]);
    Object.assign(file, { platform, client: await clientOf(fileStage, platform) });
  });
  beforeEach(() => {
    test = newTest();
  });
  afterEach(async () => {
    await test.stage.close();
    const bundles = [...test.bundles, await bundleOf(workflowsPath)];
    await replayAll(file.client, { bundles, keyRing: file.platform.keyRing, replayed });
  });
  afterAll(() => fileStage.close());

  return {
    get platform() {
      return file.platform;
    },
    get client() {
      return file.client;
    },
    get stage() {
      return test.stage;
    },
    get taskQueue() {
      return test.taskQueue;
    },
    async worker(extra = {}) {
      const workflowBundle = await bundleOf(workflowsPath);
      const { taskQueue } = test;
      const options = { taskQueue, workflowBundle, ...extra };
      test.bundles.add(options.workflowBundle);
      return startWorker(test.stage, file.platform, options);
    },
    activityWorker: (extra) =>
      startWorker(test.stage, file.platform, { taskQueue: test.taskQueue, ...extra }),
    start: (type, ...args) =>
      file.client.workflow.start(type, {
        taskQueue: test.taskQueue,
        workflowId: `${type}-${randomUUID()}`,
        args,
      }),
  };
}

function newTest() {
  const taskQueue = `queue-${randomUUID().slice(0, 8)}`;
  return { stage: new Stage(), taskQueue, bundles: new Set<WorkflowBundleOption>() };
}

/** Replays every history that came to be: some code that the test ran must be able to. */
async function replayAll(
  { workflow, namespace }: Client,
  { bundles, keyRing, replayed }: ReplayedBy,
): Promise<void> {
  const histories = [];
  for await (const { workflowId, runId } of workflow.list()) {
    if (replayed.has(runId)) continue;
    replayed.add(runId);
    histories.push({
      workflowId,
      history: await workflow.getHandle(workflowId, runId).fetchHistory(),
    });
  }
  const failed = new Map<string, Error>();
  let left = histories;
  for (const workflowBundle of bundles) {
    failed.clear();
    const options = { workflowBundle, namespace, keyRing };
    for await (const { workflowId, error } of Worker.runReplayHistories(options, left)) {
      if (error) failed.set(workflowId, error);
    }
    left = left.filter(({ workflowId }) => failed.has(workflowId));
  }
  expect([...failed.values()]).toEqual([]);
}

interface ReplayedBy {
  readonly bundles: Iterable<WorkflowBundleOption>;
  readonly keyRing: Platform['keyRing'];
  /** Runs that need not be replayed again. */
  readonly replayed: Set<string>;
}

/** Path of a module in `workflows/`. */
export function workflowsPathOf(name: string): string {
  return fileURLToPath(new URL(`./workflows/${name}.ts`, import.meta.url));
}

/** A connection of the test to some address. */
export async function connect(
  stage: Stage,
  options: { address: string; apiKey?: string },
): Promise<Connection> {
  const connection = await Connection.connect({ connectTimeout: '2s', ...options });
  stage.add('connection', () => connection.close());
  return connection;
}
