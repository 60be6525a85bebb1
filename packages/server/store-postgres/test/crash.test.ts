/** What is left when connections break or Postgres dies under load. Here fsync is on. */
import {
  type CommitResult,
  type ExecutionStore,
  type RunKey,
  StoreUnavailableError,
} from '@perdure/ports';
import { eventIdsOf, eventsOf, newRun, refOf, startOf, stepOf } from '@perdure/ports/conformance';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { createPostgresStore, migrate } from '../src/index.ts';
import { type Cluster, query, startCluster } from './cluster.ts';

let cluster: Cluster;
let url: string;

beforeAll(async () => {
  cluster = await startCluster();
  url = await cluster.createDatabase('crash');
  await migrate(url);
});
afterAll(() => cluster.stop());

/** A writer of one run: what it was told, and how often it was not told. */
interface Writer {
  readonly key: RunKey;
  acknowledged: number;
  unknown: number;
}

/** Commits one step after another; after an unknown outcome it looks before it goes on. */
async function writeUntil(store: ExecutionStore, writer: Writer, stop: () => boolean) {
  while (!stop()) {
    const version = writer.acknowledged;
    const history = { firstEventId: version + 1, segment: eventsOf(version + 1, 1) };
    const transition = version
      ? stepOf(writer.key, version, { history })
      : startOf(writer.key, { history });
    let result: CommitResult | undefined;
    try {
      [result] = await store.commit([transition]);
    } catch (error) {
      expect(error).toBeInstanceOf(StoreUnavailableError);
      writer.unknown++;
      writer.acknowledged = await versionOf(store, writer.key);
      expect([version, version + 1]).toContain(writer.acknowledged);
      continue;
    }
    expect(result).toEqual({ kind: 'committed' });
    writer.acknowledged = version + 1;
  }
}

async function versionOf(store: ExecutionStore, key: RunKey): Promise<number> {
  return vi.waitFor(async () => (await store.loadRun(refOf(key)))?.version ?? 0, 15_000);
}

async function expectAllThere(store: ExecutionStore, writers: readonly Writer[]): Promise<void> {
  for (const { key, acknowledged } of writers) {
    expect((await store.loadRun(refOf(key)))?.version).toBe(acknowledged);
    const { segment } = await store.readHistory(refOf(key), 1, 10_000_000);
    expect(eventIdsOf(segment)).toEqual(Array.from({ length: acknowledged }, (_, i) => i + 1));
  }
}

const writers = (count: number): Writer[] =>
  Array.from({ length: count }, (_, i) => ({ key: newRun(`w${i}`), acknowledged: 0, unknown: 0 }));

const progress = (all: readonly Writer[]): number =>
  all.reduce((sum, writer) => sum + writer.acknowledged, 0);

test('Postgres dies under load: what was acknowledged is there, and the store goes on', async () => {
  const store = createPostgresStore({ url, flushers: 2 });
  const all = writers(20);
  let stopped = false;
  const writing = all.map((writer) => writeUntil(store.executions, writer, () => stopped));
  const settled = Promise.allSettled(writing);
  for (let crash = 0; crash < 3; crash++) {
    const before = progress(all);
    await vi.waitUntil(() => progress(all) > before + 200, 15_000);
    await cluster.crash();
  }
  const before = progress(all);
  await vi.waitUntil(() => progress(all) > before + 200, 15_000);
  stopped = true;
  await settled;
  await Promise.all(writing);
  expect(all.some((writer) => writer.unknown > 0)).toBe(true);
  await expectAllThere(store.executions, all);
  await store.close();
});

test('connections killed amid batches: each outcome is told or unknown, none is wrong', async () => {
  const store = createPostgresStore({ url, flushers: 2 });
  const all = writers(10).map((writer) => ({ ...writer, key: newRun(writer.key.runId) }));
  let stopped = false;
  const writing = all.map((writer) => writeUntil(store.executions, writer, () => stopped));
  const settled = Promise.allSettled(writing);
  for (let kill = 0; kill < 10; kill++) {
    const before = progress(all);
    await vi.waitUntil(() => progress(all) > before + 20, 15_000);
    await query(
      url,
      `select pg_terminate_backend(pid) from pg_stat_activity
        where application_name = 'perdure_runtime' and datname = current_database()`,
    );
  }
  stopped = true;
  await settled;
  await Promise.all(writing);
  expect(all.some((writer) => writer.unknown > 0)).toBe(true);
  await expectAllThere(store.executions, all);
  await store.close();
});

test('a transition that Postgres refuses fails alone', async () => {
  const store = createPostgresStore({ url });
  const good = [newRun('good 1'), newRun('good 2')];
  const task = { kind: 'workflow', scheduledEventId: 2, attempt: 1, taskQueue: 'q' } as const;
  const twice = [task, task].map((each) => ({ ...each, enqueuedAt: 1 }));
  const commits = await Promise.allSettled([
    store.executions.commit([startOf(good[0]!)]),
    store.executions.commit([startOf(newRun('bad'), { addTasks: twice })]),
    store.executions.commit([startOf({ ...newRun('worse'), runId: 'no uuid' })]),
    store.executions.commit([startOf(good[1]!)]),
  ]);
  const outcomes = commits.map((each) => each.status);
  expect(outcomes).toEqual(['fulfilled', 'rejected', 'rejected', 'fulfilled']);
  const found = await store.executions.loadCurrent([...good, newRun('bad')]);
  expect(found.map((each) => each?.workflowId)).toEqual(['good 1', 'good 2', undefined]);
  await store.close();
});

test('closing answers what was handed in', async () => {
  const store = createPostgresStore({ url, flushers: 2 });
  const keys = Array.from({ length: 250 }, () => newRun(newRun('').runId));
  const commits = keys.map((key) => store.executions.commit([startOf(key)]));
  await store.close();
  expect((await Promise.all(commits)).flat()).toEqual(keys.map(() => ({ kind: 'committed' })));
});

test('letters are not logged: they go with a crash, and can be left again', async () => {
  const store = createPostgresStore({ url });
  const content = Uint8Array.of(1);
  const run = refOf(newRun('asked'));
  const letter = { ...run, letterId: 'l', taskQueue: 'q', content, expiresAt: 100 };
  await store.letters.post(letter);
  const table = await query(
    url,
    `select relpersistence from pg_class where oid = 'perdure.letters'::regclass`,
  );
  expect(table).toEqual([{ relpersistence: 'u' }]);
  expect(await store.letters.waiting(1, 100)).toHaveLength(1);
  await cluster.crash();
  const waiting = () => vi.waitFor(() => store.letters.waiting(1, 100), 15_000);
  expect(await waiting()).toEqual([]);
  await vi.waitFor(() => store.letters.post(letter), 15_000);
  expect(await waiting()).toHaveLength(1);
  await store.close();
});
