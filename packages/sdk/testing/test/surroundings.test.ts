/** What stands around activities and workflows of a worker: its client, its runtime's meter. */
import { fileURLToPath } from 'node:url';
import { activityInfo, getClient, metricMeter } from '@perdure/activity';
import {
  IllegalStateError,
  type MetricMeter,
  type MetricTags,
  noopMetricMeter,
  silentLogger,
} from '@perdure/common';
import {
  type ActivityInterceptorsFactory,
  CombinedWorkerRunError,
  PromiseCompletionTimeoutError,
  Runtime,
  Worker,
} from '@perdure/worker';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestWorkflowEnvironment } from '../src/index.ts';
import type { surrounded } from './surroundings-workflows.ts';
import { replayAll } from './replayed.ts';

const taskQueue = 'surroundings';
const workflowsPath = fileURLToPath(new URL('./surroundings-workflows.ts', import.meta.url));
let env: TestWorkflowEnvironment;

beforeAll(async () => {
  env = await TestWorkflowEnvironment.createTimeSkipping();
});
afterAll(async () => {
  await replayAll(env, { workflowsPath });
  Runtime.install({});
  await env.teardown();
});

type Measured = [name: string, value: number, tags: MetricTags];

/** Notes what is measured, with all the tags. */
function notingMeter(measured: Measured[], own: MetricTags = {}): MetricMeter {
  const note = (name: string) => (value: number, tags?: MetricTags) => {
    measured.push([name, value, { ...own, ...tags }]);
  };
  return {
    ...noopMetricMeter,
    createCounter: (name) => ({ ...noopMetricMeter.createCounter(name), add: note(name) }),
    createHistogram: (name) => ({ ...noopMetricMeter.createHistogram(name), record: note(name) }),
    withTags: (tags) => notingMeter(measured, { ...own, ...tags }),
  };
}

async function look(from: string): Promise<string> {
  const { workflowId } = activityInfo().workflowExecution;
  metricMeter.createCounter('looks').add(1, { from });
  const { status } = await getClient().workflow.getHandle(workflowId).describe();
  return `${from} ${workflowId} ${status.name}`;
}

const tagging: ActivityInterceptorsFactory = () => ({
  outbound: { getMetricTags: (tags, next) => next({ ...tags, tagged: true }) },
});

function workerOf(): Promise<Worker> {
  return Worker.create({
    connection: env.nativeConnection,
    taskQueue,
    workflowsPath,
    activities: { look },
    interceptors: { activity: [tagging] },
    logger: silentLogger,
    maxActivitiesPerSecond: 1_000,
  });
}

describe('a worker', () => {
  it('gives activities its client, and what all measure to the meter of the runtime', async () => {
    const measured: Measured[] = [];
    Runtime.install({ metricMeter: notingMeter(measured) });
    const worker = await workerOf();
    const seen = await worker.runUntil(
      env.client.workflow.execute<typeof surrounded>('surrounded', {
        taskQueue,
        workflowId: 'around',
      }),
    );
    expect(seen).toEqual(['far around RUNNING', 'near around RUNNING']);
    const place = { namespace: env.namespace, taskQueue };
    const ofActivity = { ...place, activityType: 'look', tagged: true };
    expect(measured).toEqual([
      ['rounds', 1, { ...place, workflowType: 'surrounded', shop: 'a' }],
      ['looks', 1, { ...ofActivity, from: 'far' }],
      ['looks', 1, { ...ofActivity, from: 'near' }],
      ['seen', 2, { ...place, workflowType: 'surrounded' }],
    ]);
    expect(worker.getStatus()).toMatchObject({ runState: 'STOPPED', numInFlightActivities: 0 });
  });

  it('that is shut down by somebody else does not wait for the rest of the promise', async () => {
    const worker = await workerOf();
    const never = new Promise<never>(() => {});
    const running = worker.runUntil(never);
    worker.shutdown();
    await expect(running).rejects.toThrow(PromiseCompletionTimeoutError);
    const late = await workerOf();
    let settle: (value: string) => void = () => {};
    const work = new Promise<string>((resolve) => (settle = resolve));
    const waiting = late.runUntil(work, { promiseCompletionTimeout: '1 minute' });
    late.shutdown();
    while (late.getState() !== 'STOPPED') await new Promise((resolve) => setTimeout(resolve, 5));
    settle('done');
    expect(await waiting).toBe('done');
  });

  it('that cannot run again says so together with what its work says', async () => {
    const worker = await workerOf();
    await worker.runUntil(async () => {});
    const again = worker.runUntil(() => {
      throw new Error('no work');
    });
    await expect(again).rejects.toThrow(CombinedWorkerRunError);
    await expect(again).rejects.toMatchObject({
      cause: { workerError: expect.any(IllegalStateError), innerError: { message: 'no work' } },
    });
  });

  it('takes another connection before it runs, and none after', async () => {
    const worker = await workerOf();
    const { client } = worker;
    expect(client.connection).toBe(env.connection);
    expect(client).toBe(worker.client);
    worker.connection = env.connection;
    expect(worker.client).not.toBe(client);
    await worker.runUntil(async () => {
      expect(() => (worker.connection = env.connection)).toThrow(IllegalStateError);
    });
  });
});
