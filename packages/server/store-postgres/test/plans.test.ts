/** How statements find their rows: by index, whatever the statistics say; and updates stay HOT. */
import { newRun, startOf, stepOf } from '@perdure/ports/conformance';
import pg from 'pg';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { parts } from '../src/commit/batch-shape.ts';
import { commitStatement } from '../src/commit/commit-statement.ts';
import { type Statement, byKeySettings } from '../src/connections.ts';
import { type PostgresStore, createPostgresStore, migrate } from '../src/index.ts';
import { listStatement } from '../src/visibility-store.ts';
import { type Cluster, query, startCluster } from './cluster.ts';

let cluster: Cluster;
let url: string;
let store: PostgresStore;

beforeAll(async () => {
  cluster = await startCluster(['fsync = off', 'autovacuum = off']);
  url = await cluster.createDatabase('plans');
  await migrate(url);
  store = createPostgresStore({ url });
});
afterAll(async () => {
  await store.close();
  await cluster.stop();
});

/** Index conditions of the plan of a statement, by index; `Seq Scan` where there is one. */
async function accessPaths(statement: Statement): Promise<[string, string][]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query('set role perdure_runtime');
    for (const [name, value] of Object.entries(byKeySettings)) {
      await client.query(`set ${name} = ${value}`);
    }
    await client.query(`prepare planned as ${statement.text}`);
    const parameters = new Set(statement.text.match(/\$\d+/g));
    const nulls = [...parameters].map(() => 'null').join(', ');
    const { rows } = await client.query<{ 'QUERY PLAN': unknown[] }>(
      `explain (format json) execute planned(${nulls})`,
    );
    return scansOf(rows[0]!['QUERY PLAN']);
  } finally {
    await client.end();
  }
}

function scansOf(plan: unknown): [string, string][] {
  if (Array.isArray(plan)) return plan.flatMap(scansOf);
  if (typeof plan !== 'object' || plan === null) return [];
  const node = plan as Record<string, unknown>;
  const scans = Object.values(node).flatMap(scansOf);
  if (node['Node Type'] === 'Seq Scan') scans.push(['Seq Scan', String(node['Relation Name'])]);
  if (typeof node['Index Name'] === 'string') {
    scans.push([node['Index Name'], JSON.stringify(node['Index Cond'])]);
  }
  return scans;
}

const everyPart = (1 << parts.length) - 1;

/** Columns that each look-up by a commit must be narrowed by. */
const narrowing: Record<string, string[]> = {
  executions_pkey: ['namespace_id', 'shard', 'run_id'],
  current_executions_pkey: ['namespace_id', 'shard', 'workflow_id'],
  request_ids_pkey: ['namespace_id', 'shard', 'run_id', 'request_id'],
  tasks_pkey: ['enqueued_at', 'run_id', 'scheduled_event_id', 'attempt'],
  wakeups_pkey: ['wake_at', 'run_id'],
  visibility_by_workflow: ['namespace_id', 'workflow_id', 'status'],
};

async function expectCommitByKey(): Promise<void> {
  for (const guarded of [false, true]) {
    const paths = await accessPaths(commitStatement(everyPart, guarded));
    expect(new Set(paths.map(([index]) => index))).toEqual(new Set(Object.keys(narrowing)));
    for (const [index, condition] of paths) {
      for (const column of narrowing[index]!) expect(`${index}: ${condition}`).toContain(column);
    }
  }
}

async function expectListsByIndex(): Promise<void> {
  for (const filter of [{}, { status: 'RUNNING' }, { workflowType: 'T' }] as const) {
    const paths = await accessPaths(listStatement(filter));
    expect(paths.map(([index]) => index)).toEqual(['visibility_by_status']);
    for (const column of ['namespace_id', 'status', 'start_time']) {
      expect(paths[0]![1]).toContain(column);
    }
  }
  const [path, ...others] = await accessPaths(listStatement({ workflowId: 'w' }));
  expect(others).toEqual([]);
  expect(path![0]).toBe('visibility_by_workflow');
  expect(path![1]).toContain('workflow_id');
}

test('in an empty database every row is found by its key, every list by an index', async () => {
  await expectCommitByKey();
  await expectListsByIndex();
});

test('the same with statistics of many rows', async () => {
  const keys = Array.from({ length: 3_000 }, (_, i) => newRun(`w${i}`));
  const wake = { from: 0, to: 5 };
  const task = { kind: 'workflow', scheduledEventId: 2, attempt: 1, taskQueue: 'q' } as const;
  const addTasks = [{ ...task, enqueuedAt: 7 }];
  await store.executions.commit(keys.map((key) => startOf(key, { wake, addTasks })));
  await store.executions.commit(keys.map((key) => stepOf(key, 1, { requestIds: ['r'] })));
  await query(url, 'vacuum analyze');
  await expectCommitByKey();
  await expectListsByIndex();
});

test('steps are HOT updates, also of runs that step together', async () => {
  const apart = await cluster.createDatabase('hot');
  await migrate(apart);
  const hot = createPostgresStore({ url: apart });
  const keys = Array.from({ length: 50 }, (_, i) => newRun(`w${i}`));
  const state = (version: number) => new Uint8Array(150 + 10 * version).fill(version);
  await hot.executions.commit(keys.map((key) => startOf(key, { state: state(0) })));
  for (let version = 1; version <= 20; version++) {
    const steps = keys.map((key) => stepOf(key, version, { state: state(version) }));
    await hot.executions.commit(steps);
  }
  await hot.close(); // Postgres counts what a session did when it ends
  const counts = await vi.waitFor(async () => {
    const [row] = await query<{ updates: number; hot: number }>(
      apart,
      `select n_tup_upd::int4 as updates, n_tup_hot_upd::int4 as hot from pg_stat_user_tables
        where relname = 'executions'`,
    );
    expect(row!.updates).toBe(1_000);
    return row!;
  }, 10_000);
  expect(counts.hot).toBeGreaterThan(850);
});
