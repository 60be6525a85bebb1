/** Several servers on one database and one Redis: whichever one asks, the answer is the same. */
import { activityInfo } from '@perdure/activity';
import { WorkflowUpdateFailedError } from '@perdure/client';
import { type PostgresServer, startPostgres } from '@perdure/embedded';
import {
  type Platform,
  RedisProcess,
  Stage,
  asOperator,
  bundleOf,
  clientOf,
  createNamespace,
  eventTypes,
  eventsOf,
  eventually,
  newDataDirectory,
  rejectionOf,
  startPlatform,
  startWorker,
} from '@perdure/test-support';
import type { WorkerOptions } from '@perdure/worker';
import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { historyOf, shape, workflowsPathOf } from './fixture.ts';

const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i);
const echo = { act: async (value: number) => value };

const fileStage = new Stage();
let stage = new Stage();
let taskQueue = '';
let postgres: PostgresServer;
let redis: RedisProcess;
let servers: Platform[] = [];

/** Another server beside those there are; of one data directory, that is, with one key ring. */
async function newServer(on: Stage): Promise<Platform> {
  const dataDir = newDataDirectory(on);
  const platform = await startPlatform(on, {
    dataDir,
    databaseUrl: postgres.url,
    redisUrl: redis.url,
    namespace: 'shared',
  });
  return { ...platform, keyRing: servers[0]?.keyRing ?? platform.keyRing };
}

beforeAll(async () => {
  const dataDir = newDataDirectory(fileStage);
  postgres = await startPostgres({ dataDir, outliveOwner: false });
  fileStage.add('Postgres', () => postgres.stop());
  redis = await RedisProcess.start(fileStage);
  servers = [await newServer(fileStage)];
  servers.push(await newServer(fileStage));
});
beforeEach(() => {
  stage = new Stage();
  taskQueue = `queue-${randomUUID().slice(0, 8)}`;
});
afterEach(() => stage.close());
afterAll(() => fileStage.close());

async function worker(server: Platform, options: Partial<WorkerOptions>) {
  return startWorker(stage, server, { taskQueue, ...options });
}

const workflowBundle = () => bundleOf(workflowsPathOf('workers'));
const idOf = (name: string) => `${name}-${randomUUID()}`;

describe('two servers', () => {
  it('have one truth: a client of one, a worker of the other', async () => {
    const [a, b] = servers as [Platform, Platform];
    const { workflow } = await clientOf(stage, b);
    const options = { taskQueue, workflowId: idOf('across'), args: [2] };
    const before = await workflow.start('row', options);
    await worker(a, { workflowBundle: await workflowBundle(), activities: echo });
    expect(await before.result()).toEqual([0, 1]);
    const after = await workflow.start('row', { ...options, workflowId: idOf('across') });
    expect(await after.result()).toEqual([0, 1]);
    for (const handle of [before, after]) {
      expect(eventTypes(await historyOf(handle))).toHaveLength(17);
      const other = (await clientOf(stage, a)).workflow.getHandle(handle.workflowId);
      expect(await shape(other)).toBe('S T As Ast Ac T As Ast Ac T OK');
    }
  });

  it('share the work of one run: workflows on one, activities on the other', async () => {
    const [a, b] = servers as [Platform, Platform];
    await worker(a, { workflowBundle: await workflowBundle() });
    await worker(b, { activities: echo });
    const { workflow } = await clientOf(stage, a);
    const start = () => workflow.start('row', { taskQueue, workflowId: idOf('shared'), args: [4] });
    const handles = await Promise.all(upTo(10).map(start));
    for (const handle of handles) {
      expect(await handle.result()).toEqual(upTo(4));
      expect(await shape(handle)).toBe(`S T${' As Ast Ac T'.repeat(4)} OK`);
    }
  });

  it('use the workers of both, each step once', async () => {
    const used = new Set<string>();
    const executed: string[] = [];
    for (const [i, server] of servers.entries()) {
      const act = async (value: number): Promise<number> => {
        used.add(`server ${i}`);
        const { workflowExecution, activityId } = activityInfo();
        executed.push(`${workflowExecution.workflowId}/${activityId}`);
        await new Promise((resolve) => setTimeout(resolve, 5));
        return value;
      };
      await worker(server, {
        workflowBundle: await workflowBundle(),
        activities: { act },
        maxConcurrentActivityTaskExecutions: 4,
        maxConcurrentWorkflowTaskExecutions: 4,
      });
    }
    const { workflow } = await clientOf(stage, servers[0]!);
    const start = () => workflow.start('row', { taskQueue, workflowId: idOf('both'), args: [5] });
    const handles = await Promise.all(upTo(20).map(start));
    for (const handle of handles) {
      expect(await handle.result()).toEqual(upTo(5));
      expect(eventsOf(await historyOf(handle), 'WorkflowTaskFailed')).toEqual([]);
    }
    expect(new Set(executed).size).toBe(100);
    expect(executed).toHaveLength(100);
    expect(used.size).toBe(2);
  });

  it('take signals and starts of one workflow at once, and lose or double none', async () => {
    const clients = await Promise.all(servers.map((server) => clientOf(stage, server)));
    const workflowId = idOf('contested');
    const starts = clients.flatMap(({ workflow }) =>
      upTo(5).map(() => workflow.start('row', { taskQueue, workflowId, args: [1] })),
    );
    const settled = await Promise.allSettled(starts);
    expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    const handles = clients.map(({ workflow }) => workflow.getHandle(workflowId));
    await Promise.all(handles.flatMap((handle) => upTo(20).map((i) => handle.signal('s', i))));
    expect(eventsOf(await historyOf(handles[0]!), 'WorkflowExecutionSignaled')).toHaveLength(40);
    expect(await shape(handles[1]!)).toBe(await shape(handles[0]!));
    await handles[1]!.terminate();
    expect((await handles[0]!.describe()).status.name).toBe('TERMINATED');
  });

  it('answer for the workers of the other: queries, updates and their refusals', async () => {
    const [a, b] = servers as [Platform, Platform];
    await worker(a, { workflowBundle: await workflowBundle() });
    const { workflow } = await clientOf(stage, b);
    const options = { taskQueue, workflowId: idOf('asked') };
    const handle = await workflow.start('collects', options);
    expect(await handle.query('words')).toEqual([]);
    await handle.signal('told', 'first');
    expect(await handle.query('words')).toEqual(['first']);
    const refusal = (await rejectionOf(handle.executeUpdate('tell', { args: [''] }))) as Error;
    expect(refusal).toBeInstanceOf(WorkflowUpdateFailedError);
    expect(refusal.cause).toMatchObject({ message: 'a word has letters', type: 'RangeError' });
    expect(await handle.executeUpdate('tell', { args: ['second'] })).toBe(2);
    let words: string[] = [];
    const signals = upTo(50).map((i) => handle.signal('told', `${i}`));
    const answers = upTo(10).map(() => handle.query<string[], []>('words'));
    for (const answer of answers) words = await answer;
    expect(words.slice(0, 2)).toEqual(['first', 'second']);
    await Promise.all(signals);
    expect(await handle.query('words')).toHaveLength(52);
    await handle.signal('told', 'last');
    expect(await handle.result()).toMatch(/^first second .* last$/);
    expect(await handle.query('words')).toHaveLength(53);
  });

  it('answer, too, while their Redis is away', async () => {
    const [a, b] = servers as [Platform, Platform];
    await worker(a, { workflowBundle: await workflowBundle() });
    const { workflow } = await clientOf(stage, b);
    const handle = await workflow.start('collects', { taskQueue, workflowId: idOf('asked') });
    expect(await handle.query('words')).toEqual([]);
    await redis.kill();
    try {
      expect(await handle.query('words')).toEqual([]);
    } finally {
      await redis.restart();
    }
    await handle.terminate();
  });

  it('a key that is revoked on one ends its connections on the other', async () => {
    const [a, b] = servers as [Platform, Platform];
    const tenant = await createNamespace(a, `tenant-${randomUUID().slice(0, 8)}`);
    const { address } = b;
    const { workflow } = await clientOf(stage, { ...tenant, address });
    await workflow.start('row', { taskQueue, workflowId: 'w', args: [1] });
    const waiting = rejectionOf(workflow.getHandle('w').result());
    await asOperator(a, (control) =>
      control.revokeApiKey.mutate({ namespace: tenant.namespace, id: tenant.apiKeyId }),
    );
    expect(await waiting).toMatchObject({ code: 'UNAUTHENTICATED' });
  });

  it('one leaves with its worker: what that ran is handed on by the other', async () => {
    const leaving = new Stage();
    stage.add('the server that leaves', () => leaving.close());
    const doomed = await newServer(leaving);
    const attempts: number[] = [];
    const act = async (value: number): Promise<number> => {
      attempts.push(activityInfo().attempt);
      return activityInfo().attempt === 1 ? new Promise(() => {}) : value;
    };
    const first = await startWorker(leaving, doomed, {
      taskQueue,
      workflowBundle: await workflowBundle(),
      activities: { act },
      shutdownForceTime: '10ms',
    });
    const { workflow } = await clientOf(stage, servers[0]!);
    const handle = await workflow.start('row', { taskQueue, workflowId: idOf('left'), args: [1] });
    await eventually(() => expect(attempts).toEqual([1]));
    await doomed.close();
    await worker(servers[1]!, { workflowBundle: await workflowBundle(), activities: { act } });
    expect(await handle.result()).toEqual([0]);
    expect(attempts).toEqual([1, 2]);
    expect(first.worker.getState()).toBe('RUNNING');
    await historyOf(handle);
  });
});
