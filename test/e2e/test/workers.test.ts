/** Workers: one and many, of workflows or of activities, coming and going, with and without a cache. */
import { activityInfo, cancelled, sleep as activitySleep } from '@perdure/activity';
import {
  bundleOf,
  clientOf,
  createNamespace,
  eventually,
  eventsOf,
  rejectionOf,
  startWorker,
} from '@perdure/test-support';
import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { historyOf, shape, useFixture, workflowsPathOf } from './fixture.ts';

const fixture = useFixture('workers');
const echo = async (value: number): Promise<number> => value;
const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

describe('the cache', () => {
  it('makes no difference to results, seeds, times and history', async () => {
    const histories: string[] = [];
    for (const maxCachedWorkflows of [1_000, 0]) {
      const { stop, worker } = await fixture.worker({
        activities: { act: echo },
        maxCachedWorkflows,
      });
      const handle = await fixture.start('mixed');
      expect(await handle.result()).toEqual([true, true, true]);
      histories.push(await shape(handle));
      if (maxCachedWorkflows === 0) expect(worker.getStatus().numCachedWorkflows).toBe(0);
      await stop();
    }
    expect(histories[0]).toBe(histories[1]);
  });

  it('lets go of idle runs, which go on by replay', async () => {
    let release = (): void => {};
    const held = new Promise<void>((resolve) => (release = resolve));
    const act = async (value: number): Promise<number> => {
      if (value === 5) await held;
      return value;
    };
    const { worker } = await fixture.worker({
      activities: { act },
      cachedWorkflowIdleTimeout: '100ms',
    });
    const handle = await fixture.start('row', 10);
    await eventually(() => expect(worker.getStatus().numCachedWorkflows).toBe(1));
    await eventually(() => expect(worker.getStatus().numCachedWorkflows).toBe(0));
    release();
    expect(await handle.result()).toEqual(upTo(10));
    expect(eventsOf(await historyOf(handle), 'WorkflowTaskFailed')).toEqual([]);
  });

  it('smaller than the number of runs', async () => {
    const { worker } = await fixture.worker({ activities: { act: echo }, maxCachedWorkflows: 3 });
    const handles = await Promise.all(upTo(20).map(() => fixture.start('row', 6)));
    for (const handle of handles) {
      expect(await handle.result()).toEqual(upTo(6));
      expect(eventsOf(await historyOf(handle), 'WorkflowTaskFailed')).toEqual([]);
    }
    expect(worker.getStatus().numCachedWorkflows).toBeLessThanOrEqual(3);
  });
});

describe('several workers', () => {
  it('of one queue share the work, each step done once', async () => {
    const executed: string[] = [];
    const taking = (who: string) => ({
      act: async (value: number): Promise<number> => {
        const { workflowExecution, activityId } = activityInfo();
        executed.push(`${workflowExecution.workflowId}/${activityId}`);
        shares.set(who, (shares.get(who) ?? 0) + 1);
        await activitySleep(5);
        return value;
      },
    });
    const shares = new Map<string, number>();
    for (const who of ['a', 'b', 'c']) {
      await fixture.worker({
        activities: taking(who),
        identity: who,
        maxConcurrentActivityTaskExecutions: 5,
        maxConcurrentWorkflowTaskExecutions: 5,
      });
    }
    const handles = await Promise.all(upTo(30).map(() => fixture.start('row', 5)));
    for (const handle of handles) expect(await handle.result()).toEqual(upTo(5));
    expect(executed).toHaveLength(150);
    expect(new Set(executed).size).toBe(150);
    expect([...shares.keys()].toSorted()).toEqual(['a', 'b', 'c']);
    for (const handle of handles) {
      expect(await shape(handle)).toBe(`S T${' As Ast Ac T'.repeat(5)} OK`);
    }
  });

  it('one of workflows, one of activities', async () => {
    await fixture.worker();
    await fixture.activityWorker({ activities: { act: echo } });
    const handles = await Promise.all(upTo(10).map(() => fixture.start('row', 5)));
    for (const handle of handles) {
      expect(await handle.result()).toEqual(upTo(5));
      expect(await shape(handle)).toBe(`S T${' As Ast Ac T'.repeat(5)} OK`);
    }
  });

  it('on one connection, of different queues', async () => {
    const { client, stage, platform, taskQueue } = fixture;
    const workflowBundle = await bundleOf(workflowsPathOf('workers'));
    const { connection } = client;
    const handles = [];
    for (const name of ['first', 'second']) {
      const options = { taskQueue: `${taskQueue}-${name}`, workflowBundle, connection };
      await startWorker(stage, platform, { ...options, activities: { where: async () => name } });
      const start = { taskQueue: options.taskQueue, workflowId: `${name}-${randomUUID()}` };
      handles.push(await client.workflow.start('whereOne', start));
    }
    expect(await Promise.all(handles.map((handle) => handle.result()))).toEqual([
      'first',
      'second',
    ]);
  });

  it('one leaves in the middle: the other goes on, and nothing runs twice', async () => {
    const executed: string[] = [];
    const act = async (value: number): Promise<number> => {
      const { workflowExecution, activityId } = activityInfo();
      executed.push(`${workflowExecution.workflowId}/${activityId}`);
      await activitySleep(Math.random() * 10);
      return value;
    };
    // Activities that have begun may end.
    const options = { activities: { act }, shutdownGraceTime: '10s' } as const;
    const first = await fixture.worker(options);
    const handles = await Promise.all(upTo(20).map(() => fixture.start('row', 8)));
    await eventually(() => expect(executed.length).toBeGreaterThan(30));
    await fixture.worker(options);
    await first.stop();
    expect(first.worker.getState()).toBe('STOPPED');
    for (const handle of handles) {
      expect(await handle.result()).toEqual(upTo(8));
      await historyOf(handle);
    }
    expect(executed).toHaveLength(160);
    expect(new Set(executed).size).toBe(160);
  });
});

describe('shutting down', () => {
  it('69: cancels activities after the grace time; they are retried elsewhere', async () => {
    const reasons: string[] = [];
    const act = async (value: number): Promise<number> => {
      if (activityInfo().attempt > 1) return value;
      return cancelled().catch((error: Error) => {
        reasons.push(error.message);
        throw error;
      });
    };
    const first = await fixture.worker({ activities: { act } });
    const handle = await fixture.start('row', 1);
    await eventually(() => expect(first.worker.getStatus().numInFlightActivities).toBe(1));
    await first.stop();
    expect(reasons).toEqual(['WORKER_SHUTDOWN']);
    const [pending] = (await handle.describe()).pendingActivities;
    expect(pending?.attempt).toBe(2);
    expect(pending?.lastFailure).toMatchObject({ type: 'WorkerShutdown' });
    await fixture.worker({ activities: { act } });
    expect(await handle.result()).toEqual([0]);
  });

  it('69: abandons what does not end within the force time, and says so', async () => {
    const act = (): Promise<number> => new Promise(() => {});
    const { worker, ended } = await fixture.worker({
      activities: { act },
      shutdownForceTime: '100ms',
    });
    const handle = await fixture.start('row', 1);
    await eventually(() => expect(worker.getStatus().numInFlightActivities).toBe(1));
    worker.shutdown();
    expect((await rejectionOf(ended)).name).toBe('GracefulShutdownPeriodExpiredError');
    expect(worker.getState()).toBe('FAILED');
    await fixture.worker({ activities: { act: echo } });
    expect(await handle.result()).toEqual([0]);
  });

  it('waits for results that are on their way, so that no step is done again', async () => {
    for (let round = 0; round < 10; round++) {
      const executed: number[] = [];
      const act = async (value: number): Promise<number> => {
        executed.push(value);
        await activitySleep(2);
        if (value === round) worker.shutdown();
        return value;
      };
      const { worker, ended } = await fixture.worker({ activities: { act } });
      const handle = await fixture.start('row', 12);
      await ended;
      const next = await fixture.worker({
        activities: { act: async (i: number) => (executed.push(i), i) },
      });
      expect(await handle.result()).toEqual(upTo(12));
      expect(executed).toEqual(upTo(12));
      await next.stop();
    }
  });

  it('a worker runs once', async () => {
    const { worker, stop } = await fixture.worker();
    await stop();
    expect((await rejectionOf(worker.run())).name).toBe('IllegalStateError');
  });
});

it('500 activities at once with 10 slots: never more than 10 run, each once', async () => {
  let running = 0;
  let most = 0;
  let executed = 0;
  const act = async (value: number): Promise<number> => {
    executed += 1;
    most = Math.max(most, ++running);
    await new Promise((resolve) => setImmediate(resolve));
    running -= 1;
    return value;
  };
  await fixture.worker({ activities: { act }, maxConcurrentActivityTaskExecutions: 10 });
  const handle = await fixture.start('crowd', 500);
  expect(await handle.result()).toBe((500 * 499) / 2);
  expect(executed).toBe(500);
  expect(most).toBeLessThanOrEqual(10);
  const events = await historyOf(handle);
  expect(eventsOf(events, 'ActivityTaskCompleted')).toHaveLength(500);
});

it('two namespaces with the same ids see nothing of each other', async () => {
  const { platform, stage, taskQueue } = fixture;
  const workflowBundle = await bundleOf(workflowsPathOf('workers'));
  const names = ['red', 'blue'].map((colour) => `${colour}-${randomUUID().slice(0, 8)}`);
  const tenants = await Promise.all(names.map((name) => createNamespace(platform, name)));
  const options = { taskQueue, workflowId: 'the-same' };
  const runs = await Promise.all(
    tenants.map(async (tenant) => {
      const where = async (): Promise<string> => tenant.namespace;
      await startWorker(stage, tenant, { taskQueue, workflowBundle, activities: { where } });
      const client = await clientOf(stage, tenant);
      return { client, handle: await client.workflow.start('whereOne', options) };
    }),
  );
  for (const [i, { client, handle }] of runs.entries()) {
    expect(await handle.result()).toBe(names[i]);
    const listed = [];
    for await (const { runId } of client.workflow.list()) listed.push(runId);
    expect(listed).toEqual([handle.firstExecutionRunId]);
    const other = runs[1 - i]!.handle.firstExecutionRunId;
    const foreign = client.workflow.getHandle('the-same', other);
    expect((await rejectionOf(foreign.describe())).name).toBe('WorkflowNotFoundError');
  }
});
