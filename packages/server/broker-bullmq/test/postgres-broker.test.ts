/** What the broker does when Postgres fails it, and what it leaves in Postgres. */
import { inspect } from 'node:util';
import { ValueError } from '@perdure/common';
import { BrokerUnavailableError, type QueueKey, type TaskBroker } from '@perdure/ports';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { createPostgresTaskBroker } from '../src/index.ts';
import { PrivatePostgres } from './private-postgres.ts';

const queue: QueueKey = { namespaceId: 7, taskQueue: 'orders', kind: 'activity' };
const one = [{ queue, taskId: 'task-1' }];
const nothing = (): void => undefined;

describe('the Postgres task broker', () => {
  let postgres: PrivatePostgres;
  let brokers: TaskBroker[];
  // A slow machine is not what is tested here.
  const connect = (schema?: string, timeoutMs = 10_000): TaskBroker => {
    const broker = createPostgresTaskBroker({ url: postgres.url, schema, timeoutMs });
    brokers.push(broker);
    return broker;
  };
  const count = async (from: string): Promise<number> => {
    const [row] = await postgres.query<{ n: number }>(`SELECT count(*)::int AS n FROM ${from}`);
    return row?.n ?? -1;
  };

  beforeAll(async () => {
    postgres = await PrivatePostgres.start();
  });
  beforeEach(() => {
    brokers = [];
  });
  afterEach(async () => {
    await Promise.all(brokers.map((broker) => broker.close()));
    await postgres.query('DROP SCHEMA IF EXISTS perdure_broker CASCADE');
  });
  afterAll(() => postgres.dispose());

  test('processes that start at once on an empty database share one schema', async () => {
    const started = Array.from({ length: 5 }, () => connect());
    await Promise.all(started.map((broker, i) => broker.announce([{ queue, taskId: `${i}` }])));
    expect(await started[0]?.take(queue, 10)).toHaveLength(5);
    expect(await Promise.all(started.map((broker) => broker.intact()))).not.toContain(false);
  });

  test('taken tasks and queues leave nothing behind', async () => {
    const broker = connect();
    const sequences = "pg_sequences WHERE schemaname = 'perdure_broker'";
    await broker.intact();
    const before = await count(sequences);
    for (let i = 0; i < 20; i++) {
      const each = { ...queue, taskQueue: `queue-${i}` };
      await broker.announce([{ queue: each, taskId: 'a' }]);
      await broker.take(each, 5);
    }
    expect(await count('perdure_broker.job')).toBe(0);
    expect(await count('perdure_broker.event')).toBe(0);
    expect(await count('perdure_broker.meta')).toBe(0);
    expect(await count(sequences)).toBe(before);
  });

  test('close ends all connections', async () => {
    const ours = "pg_stat_activity WHERE application_name LIKE 'perdure-broker%'";
    const broker = connect();
    const flows = vi.fn();
    broker.onAnnounced(nothing, flows);
    await vi.waitFor(() => expect(flows).toHaveBeenCalled(), 10_000);
    await Promise.all(Array.from({ length: 20 }, () => broker.take(queue, 1)));
    expect(await count(ours)).toBeGreaterThan(1);
    expect(await count(ours)).toBeLessThanOrEqual(5);
    await broker.close();
    await vi.waitFor(async () => expect(await count(ours)).toBe(0), 10_000);
  });

  test('schemas of one database do not meet', async () => {
    const broker = connect();
    const other = connect('other_broker');
    const heard = vi.fn();
    const flows = vi.fn();
    other.onAnnounced(heard, flows);
    await vi.waitFor(() => expect(flows).toHaveBeenCalled(), 10_000);
    await broker.announce(one);
    expect(await other.take(queue, 10)).toEqual([]);
    await other.announce([{ queue, taskId: 'task-2' }]);
    expect(await broker.take(queue, 10)).toEqual(['task-1']);
    expect(heard).toHaveBeenCalledTimes(1);
  });

  test.each(['', 'a b', 'x"; DROP SCHEMA public; --', 'x'.repeat(41)])(
    'refuses the schema name %j',
    (schema) => {
      expect(() => createPostgresTaskBroker({ url: postgres.url, schema })).toThrow(ValueError);
    },
  );

  test('a crash of Postgres counts as a loss', async () => {
    const broker = connect();
    await broker.announce(one);
    expect(await broker.intact()).toBe(true);
    // The mark itself is safe on disk; the next announcement may not be.
    await postgres.query('CHECKPOINT');
    await broker.announce([{ queue, taskId: 'task-2' }]);
    await postgres.stop('SIGQUIT');
    await postgres.start();
    expect(await eventually(() => broker.intact())).toBe(false);
    await broker.announce([{ queue, taskId: 'task-3' }]);
    expect(await broker.take(queue, 10)).toContain('task-3');
    expect(await broker.intact()).toBe(true);
  });

  test('a clean restart loses nothing, and wake-ups come back', async () => {
    const broker = connect();
    const heard: QueueKey[] = [];
    const flows = vi.fn();
    broker.onAnnounced((key) => heard.push(key), flows);
    await vi.waitFor(() => expect(flows).toHaveBeenCalledTimes(1), 10_000);
    await broker.announce(one);
    expect(await broker.intact()).toBe(true);
    await postgres.stop();
    await postgres.start();
    await vi.waitFor(() => expect(flows.mock.calls.length).toBeGreaterThan(1), 10_000);
    heard.length = 0;
    await eventually(() => connect().announce([{ queue, taskId: 'task-2' }]));
    await vi.waitFor(() => expect(heard).toEqual([queue]), 10_000);
    expect(await eventually(() => broker.intact())).toBe(true);
    expect(await broker.take(queue, 10)).toEqual(['task-1', 'task-2']);
  });

  test('a dropped schema is made again, and counts as a loss', async () => {
    const broker = connect();
    await broker.announce(one);
    expect(await broker.intact()).toBe(true);
    await postgres.query('DROP SCHEMA perdure_broker CASCADE');
    await expect(broker.announce(one)).rejects.toMatchObject({ reason: 'failed' });
    expect(await eventually(() => broker.intact())).toBe(false);
    await broker.announce(one);
    expect(await broker.take(queue, 10)).toEqual(['task-1']);
  });

  test('Postgres does not answer: the call fails, and later ones work', async () => {
    const broker = connect(undefined, 2_000);
    await broker.announce(one);
    const locker = new pg.Client({ connectionString: postgres.url });
    await locker.connect();
    await locker.query('BEGIN; LOCK TABLE perdure_broker.job IN ACCESS EXCLUSIVE MODE');
    await expect(broker.take(queue, 1)).rejects.toMatchObject({ reason: 'timeout' });
    await expect(broker.announce(one)).rejects.toMatchObject({ reason: 'timeout' });
    await locker.end();
    await eventually(() => broker.announce([{ queue, taskId: 'task-2' }]));
    expect(await broker.take(queue, 10)).toContain('task-2');
  });

  test('Postgres is absent at the start: refusals without a password, then all works', async () => {
    const { url } = postgres;
    await postgres.stop();
    const logged: unknown[] = [];
    const note = (...line: unknown[]): void => void logged.push(line);
    const logger = { trace: note, debug: note, info: note, warn: note, error: note };
    const secret = url.replace('postgres@', 'postgres:its-password@');
    const broker = createPostgresTaskBroker({ url: secret, timeoutMs: 2_000, logger });
    brokers.push(broker);
    const flows = vi.fn();
    broker.onAnnounced(nothing, flows);
    const refused = await Promise.allSettled([broker.announce(one), broker.take(queue, 1)]);
    for (const outcome of refused) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: { reason: 'disconnected' } });
    }
    await postgres.start();
    await eventually(() => broker.announce(one));
    expect(await broker.take(queue, 10)).toEqual(['task-1']);
    await vi.waitFor(() => expect(flows).toHaveBeenCalled(), 10_000);
    expect(inspect([refused, logged], { depth: 20, showHidden: true })).not.toMatch(/its-password/);
  });

  test('closing during an outage ends', async () => {
    await postgres.stop();
    const broker = connect(undefined, 2_000);
    broker.onAnnounced(nothing);
    const taking = Promise.allSettled([broker.take(queue, 1)]);
    await broker.close();
    const [outcome] = await taking;
    await postgres.start();
    expect(outcome).toMatchObject({ reason: { code: 'BROKER_UNAVAILABLE' } });
  });
});

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
