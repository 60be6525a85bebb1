/** What happens to the broker when Redis is absent, killed, stalled or replaced under it. */
import { inspect } from 'node:util';
import type { Logger } from '@perdure/common';
import { BrokerUnavailableError, type QueueKey, type TaskBroker } from '@perdure/ports';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createRedisTaskBroker } from '../src/index.ts';
import { PrivateRedis } from './private-redis.ts';

const queue: QueueKey = { namespaceId: 7, taskQueue: 'orders', kind: 'activity' };
const one = [{ queue, taskId: 'task-1' }];

describe('the Redis task broker in an outage', () => {
  let redis: PrivateRedis;
  let brokers: TaskBroker[];
  const connect = (logger?: Logger): TaskBroker => {
    const broker = createRedisTaskBroker({ url: redis.url, timeoutMs: 1_000, logger });
    brokers.push(broker);
    return broker;
  };

  beforeEach(() => {
    brokers = [];
  });
  afterEach(async () => {
    try {
      await Promise.all(brokers.map((broker) => broker.close()));
    } finally {
      await redis.dispose();
    }
  });

  test('Redis is absent at the start: refusals, then all works once it is there', async () => {
    redis = await PrivateRedis.reserve('--save', '');
    const logger = { ...silent(), warn: vi.fn(), info: vi.fn() };
    const broker = connect(logger);
    const flows = vi.fn();
    const heard: QueueKey[] = [];
    broker.onAnnounced((key) => heard.push(key), flows);
    const refusal = { code: 'BROKER_UNAVAILABLE', reason: 'disconnected' };
    const requests = [broker.announce(one), broker.take(queue, 1), broker.intact()];
    for (const outcome of await Promise.allSettled(requests)) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: refusal });
    }
    await redis.start();
    await vi.waitFor(() => expect(flows).toHaveBeenCalled(), 10_000);
    await connect().announce(one);
    await vi.waitFor(() => expect(heard).toEqual([queue]), 10_000);
    expect(await broker.take(queue, 10)).toEqual(['task-1']);
    expect(await broker.intact()).toBe(true);
    expect(logger.warn, 'once per connection, not per try').toHaveBeenCalledTimes(2);
    expect(logger.info).toHaveBeenCalledTimes(2);
  });

  test('a request made while the connection is on its way waits for it', async () => {
    redis = await PrivateRedis.start('--save', '');
    const broker = connect();
    await broker.announce(one);
    expect(await broker.take(queue, 1)).toEqual(['task-1']);
  });

  test('kill -9 and an empty restart: not intact, and the same ids can be announced', async () => {
    redis = await PrivateRedis.start('--save', '');
    const broker = connect();
    const other = connect();
    await broker.announce(one);
    expect([await broker.intact(), await other.intact()]).toEqual([true, true]);
    await redis.kill();
    await redis.start();
    expect(await eventually(() => broker.intact())).toBe(false);
    expect(await eventually(() => other.intact())).toBe(false);
    expect(await broker.take(queue, 10)).toEqual([]);
    await broker.announce(one);
    expect(await other.take(queue, 10)).toEqual(['task-1']);
    expect(await broker.intact()).toBe(true);
  });

  test('a restart from a snapshot brings the mark back too, and is still noticed', async () => {
    redis = await PrivateRedis.start('--save', '');
    const broker = connect();
    expect(await broker.intact()).toBe(true);
    await broker.announce(one);
    await redis.use((client) => client.save());
    await broker.announce([{ queue, taskId: 'after-the-snapshot' }]);
    await redis.kill();
    await redis.start();
    expect(await eventually(() => broker.intact())).toBe(false);
    expect(await broker.take(queue, 10), 'what the snapshot held').toEqual(['task-1']);
  });

  test('Redis accepts but does not answer: the call fails, and later ones work', async () => {
    redis = await PrivateRedis.start('--save', '');
    const broker = connect();
    await broker.announce(one);
    redis.signal('SIGSTOP');
    const stalled = broker.take(queue, 1);
    await expect(stalled).rejects.toMatchObject({ reason: 'timeout' });
    await expect(broker.announce(one)).rejects.toThrow(BrokerUnavailableError);
    redis.signal('SIGCONT');
    await eventually(() => broker.announce([{ queue, taskId: 'task-2' }]));
    expect(await broker.take(queue, 10)).toContain('task-2');
  });

  test('a subscriber whose connection died silently is found out by intact', async () => {
    redis = await PrivateRedis.start('--save', '');
    const warn = vi.fn();
    const broker = createRedisTaskBroker({
      url: redis.url,
      timeoutMs: 200,
      logger: { ...silent(), warn },
    });
    brokers.push(broker);
    const flows = vi.fn();
    broker.onAnnounced(() => undefined, flows);
    await vi.waitFor(() => expect(flows).toHaveBeenCalledTimes(1), 10_000);
    redis.signal('SIGSTOP');
    await expect(broker.intact()).rejects.toThrow(BrokerUnavailableError);
    await vi.waitFor(() => expect(warn, 'both connections').toHaveBeenCalledTimes(2), 10_000);
    redis.signal('SIGCONT');
    await eventually(() => broker.intact());
    await vi.waitFor(() => expect(flows.mock.calls.length).toBeGreaterThan(1), 10_000);
  });

  test('requests under way when Redis is killed all settle', async () => {
    redis = await PrivateRedis.start('--save', '');
    const broker = connect();
    await broker.intact();
    const many = Array.from({ length: 5_000 }, (_, i) => ({ queue, taskId: `task-${i}` }));
    const takes = many.slice(0, 50).map(() => broker.take(queue, 3));
    const settled = Promise.allSettled([broker.announce(many), ...takes]);
    await redis.kill();
    const refused = (await settled).filter((outcome) => outcome.status === 'rejected');
    expect(refused.length).toBeGreaterThan(0);
    for (const { reason } of refused) expect(reason).toBeInstanceOf(BrokerUnavailableError);
  });

  test('closing during an outage ends at once, waiting requests included', async () => {
    redis = await PrivateRedis.reserve('--save', '');
    const broker = createRedisTaskBroker({ url: redis.url, timeoutMs: 3_600_000 });
    broker.onAnnounced(() => undefined);
    const waiting = broker.take(queue, 1);
    await broker.close();
    await expect(waiting).rejects.toMatchObject({ reason: 'closed' });
  });

  test('closing ends although Redis does not answer', async () => {
    redis = await PrivateRedis.start('--save', '');
    const broker = createRedisTaskBroker({ url: redis.url, timeoutMs: 200 });
    await broker.announce(one);
    redis.signal('SIGSTOP');
    const taking = Promise.allSettled([broker.take(queue, 1)]);
    await broker.close();
    expect(await taking).toMatchObject([{ reason: { code: 'BROKER_UNAVAILABLE' } }]);
  });

  test('neither errors nor logs show the password', async () => {
    redis = await PrivateRedis.start('--save', '');
    await redis.use((client) => client.config('SET', 'requirepass', 'right-password'));
    const logged: unknown[] = [];
    const note = (...line: unknown[]): void => void logged.push(line);
    const logger = { trace: note, debug: note, info: note, warn: note, error: note };
    const url = redis.url.replace('//', '//:wrong-password@');
    const broker = createRedisTaskBroker({ url, timeoutMs: 1_000, logger });
    brokers.push(broker);
    const error = await broker.announce(one).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(BrokerUnavailableError);
    const told = inspect([error, logged], { depth: 20, showHidden: true });
    expect(told).toContain('WRONGPASS');
    expect(told).not.toMatch(/wrong-password|right-password/);
  });
});

function silent(): Logger {
  const nothing = (): void => undefined;
  return { trace: nothing, debug: nothing, info: nothing, warn: nothing, error: nothing };
}

/** Repeats a request while the broker is unavailable; the test's time limit ends it. */
async function eventually<T>(request: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await request();
    } catch (error) {
      if (!(error instanceof BrokerUnavailableError)) throw error;
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
  }
}
