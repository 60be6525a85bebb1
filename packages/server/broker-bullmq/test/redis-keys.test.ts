/** What the broker leaves in Redis, and what it asks of it. */
import type { QueueKey, TaskBroker } from '@perdure/ports';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { createRedisTaskBroker } from '../src/index.ts';
import { PrivateRedis } from './private-redis.ts';

const queue: QueueKey = { namespaceId: 7, taskQueue: 'orders', kind: 'workflow' };
const numbered = (i: number): QueueKey => ({ ...queue, taskQueue: `queue-${i}` });
const nothing = (): void => undefined;

describe('the Redis task broker in Redis', () => {
  let redis: PrivateRedis;
  let broker: TaskBroker;

  beforeAll(async () => {
    redis = await PrivateRedis.start('--save', '', '--maxmemory-policy', 'allkeys-lru');
  });
  beforeEach(async () => {
    await redis.use((client) => client.flushall());
    // A slow machine is not what is tested here.
    broker = createRedisTaskBroker({ url: redis.url, prefix: 'p', timeoutMs: 10_000 });
  });
  afterEach(() => broker.close());
  afterAll(() => redis.dispose());

  test('names are readable, and all keys of a queue share a hash tag', async () => {
    await broker.announce([{ queue, taskId: 'task:1' }]);
    const keys = await redis.use((client) => client.keys('*'));
    expect(keys).toContain('p:epoch');
    expect(keys).toContain('p:{7.w.orders}:.task%3A1');
    const others = keys.filter((key) => key !== 'p:epoch');
    expect(others.filter((key) => !key.startsWith('p:{7.w.orders}:'))).toEqual([]);
  });

  test('a taken task leaves no trace, and an unused queue expires', async () => {
    const tasks = Array.from({ length: 500 }, (_, i) => ({ queue, taskId: `task-${i}` }));
    for (let round = 0; round < 4; round++) {
      await broker.announce(tasks);
      await broker.take(queue, 500);
    }
    await redis.use(async (client) => {
      await vi.waitFor(async () => {
        const keys = (await client.keys('p:{*')).toSorted();
        expect(keys.map((key) => key.split(':').at(-1))).toEqual([
          'events',
          'id',
          'marker',
          'meta',
          'pc',
        ]);
        for (const key of keys) expect(await client.ttl(key), key).toBeGreaterThan(0);
      }, 5_000);
    });
  });

  test('the event stream stays short, whoever announces or takes', async () => {
    const tasks = Array.from({ length: 300 }, (_, i) => ({ queue, taskId: `task-${i}` }));
    await broker.announce(tasks);
    await broker.take(queue, 500);
    await broker.announce(tasks);
    for (let i = 0; i < 1_001; i++) await broker.take(queue, 1);
    await redis.use(async (client) => {
      await vi.waitFor(
        async () => expect(await client.xlen('p:{7.w.orders}:events')).toBeLessThan(200),
        5_000,
      );
    });
  });

  test('thousands of queues need two connections and lose nothing', async () => {
    const flows = vi.fn();
    broker.onAnnounced(nothing, flows);
    await vi.waitFor(() => expect(flows).toHaveBeenCalled(), 5_000);
    const count = 2_500;
    const tasks = Array.from({ length: count }, (_, i) => ({ queue: numbered(i), taskId: 'a' }));
    await broker.announce(tasks);
    const clients = await redis.use((client) => client.client('LIST'));
    expect(String(clients).match(/name=perdure-broker/g)).toHaveLength(2);
    const taken = await Promise.all(
      Array.from({ length: count }, (_, i) => broker.take(numbered(i), 2)),
    );
    expect(taken.filter((ids) => ids.length === 1)).toHaveLength(count);
  });

  test('brokers with different prefixes share a Redis without meeting', async () => {
    const other = createRedisTaskBroker({ url: redis.url, prefix: 'q' });
    const heard = vi.fn();
    const flows = vi.fn();
    other.onAnnounced(heard, flows);
    await vi.waitFor(() => expect(flows).toHaveBeenCalled(), 5_000);
    await broker.announce([{ queue, taskId: 'task-1' }]);
    expect(await other.take(queue, 10)).toEqual([]);
    await other.announce([{ queue, taskId: 'task-2' }]);
    expect(await broker.take(queue, 10)).toEqual(['task-1']);
    expect(heard).toHaveBeenCalledTimes(1);
    await other.close();
  });

  test('what others publish on the channel is ignored', async () => {
    const heard: QueueKey[] = [];
    const flows = vi.fn();
    broker.onAnnounced((key) => heard.push(key), flows);
    await vi.waitFor(() => expect(flows).toHaveBeenCalled(), 5_000);
    const strange = [
      '',
      '{',
      '[]',
      'null',
      '["x"]',
      '["x",1,[1],[1,"timer","t"],["1","workflow"]]',
    ];
    await redis.use(async (client) => {
      for (const message of [...strange, '["x",[7,"workflow","orders"]]']) {
        await client.publish('p:announced', message);
      }
    });
    await vi.waitFor(() => expect(heard).toEqual([queue]), 5_000);
  });

  test('warns of a Redis that may evict keys', async () => {
    const warn = vi.fn();
    const logger = { trace: nothing, debug: nothing, info: nothing, warn, error: nothing };
    const warned = createRedisTaskBroker({ url: redis.url, logger });
    await vi.waitFor(
      () =>
        expect(warn).toHaveBeenCalledWith(expect.stringContaining('noeviction'), expect.anything()),
      5_000,
    );
    await warned.close();
  });
});

test('a node of a Redis Cluster takes every command, so keys never cross slots', async () => {
  const redis = await PrivateRedis.start('--save', '', '--cluster-enabled', 'yes');
  await redis.use(async (client) => {
    await client.call('CLUSTER', 'ADDSLOTSRANGE', 0, 16_383);
    await vi.waitFor(async () => {
      expect(String(await client.call('CLUSTER', 'INFO'))).toContain('cluster_state:ok');
    }, 10_000);
  });
  const broker = createRedisTaskBroker({ url: redis.url });
  try {
    const queues = [queue, numbered(1), { ...queue, taskQueue: '}{odd' }];
    await broker.announce(queues.map((each) => ({ queue: each, taskId: 'task-1' })));
    for (const each of queues) expect(await broker.take(each, 5)).toEqual(['task-1']);
    expect(await broker.intact()).toBe(true);
  } finally {
    await broker.close();
    await redis.dispose();
  }
});
