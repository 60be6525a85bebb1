/** What a session of each role can see and do, whatever a statement's own predicates say. */
import pg from 'pg';
import { newRun, refOf, startOf, stepOf } from '@perdure/ports/conformance';
import { silentLogger } from '@perdure/common';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { RolePool } from '../src/connections.ts';
import { type PostgresStore, createPostgresStore, migrate } from '../src/index.ts';
import { type Cluster, query, startCluster } from './cluster.ts';

const tenantTables = [
  'executions',
  'current_executions',
  'history',
  'tasks',
  'wakeups',
  'visibility',
  'request_ids',
  'letters',
];

let cluster: Cluster;
let url: string;
let store: PostgresStore;

beforeAll(async () => {
  cluster = await startCluster(['fsync = off']);
  url = await cluster.createDatabase('security');
  await migrate(url);
  store = createPostgresStore({ url });
  for (const namespaceId of [1, 2]) {
    const key = newRun(`of ${namespaceId}`, namespaceId);
    const task = { kind: 'workflow', scheduledEventId: 2, attempt: 1, taskQueue: 'q' } as const;
    await store.executions.commit([
      startOf(key, {
        history: { firstEventId: 1, segment: new Uint8Array(5) },
        addTasks: [{ ...task, enqueuedAt: 1 }],
        wake: { from: 0, to: 5 },
      }),
    ]);
    await store.executions.commit([stepOf(key, 1, { requestIds: ['request'] })]);
    const content = new Uint8Array(3);
    const letter = { ...refOf(key), letterId: 'l', taskQueue: 'q', content, expiresAt: 5 };
    await store.letters.post(letter);
  }
});
afterAll(async () => {
  await store.close();
  await cluster.stop();
});

/** Runs in a session of a role that acts for some namespaces. */
async function as<T>(
  role: string,
  namespaces: string | undefined,
  act: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(`set role ${role}`);
    if (namespaces !== undefined) {
      await client.query(`select set_config('perdure.namespaces', $1, false)`, [namespaces]);
    }
    return await act(client);
  } finally {
    await client.end();
  }
}

async function seen(client: pg.Client, table: string): Promise<number[]> {
  const { rows } = await client.query<{ namespace_id: number }>(
    `select namespace_id from perdure.${table} order by 1`,
  );
  return rows.map((row) => row.namespace_id);
}

test('a session sees the rows of the namespaces it names, and no others', async () => {
  const scopes: [string | undefined, number[]][] = [
    [undefined, []],
    ['', []],
    ['1', [1]],
    ['2', [2]],
    ['1,2', [1, 2]],
    ['3,2,12', [2]],
  ];
  for (const [scope, expected] of scopes) {
    await as('perdure_runtime', scope, async (client) => {
      for (const table of tenantTables) {
        expect([scope, table, await seen(client, table)]).toEqual([scope, table, expected]);
      }
    });
  }
});

test('a session cannot write rows of a namespace it does not name', async () => {
  const refused = /row-level security/;
  await as('perdure_runtime', '2', async (client) => {
    await expect(
      client.query(`insert into perdure.executions values (1, 0, gen_random_uuid(), 1, 'w', '')`),
    ).rejects.toThrow(refused);
    await expect(
      client.query(`insert into perdure.history values (1, 0, gen_random_uuid(), 1, '')`),
    ).rejects.toThrow(refused);
    await expect(client.query('update perdure.executions set namespace_id = 1')).rejects.toThrow(
      refused,
    );
    const update = await client.query(`update perdure.executions set state = '' where true`);
    expect(update.rowCount).toBe(1);
    const removed = await client.query('delete from perdure.tasks where namespace_id = 1');
    expect(removed.rowCount).toBe(0);
  });
});

test('the data plane can neither rewrite history nor see keys', async () => {
  await as('perdure_runtime', '1', async (client) => {
    for (const statement of [
      `update perdure.history set segment = ''`,
      'delete from perdure.history',
      'delete from perdure.executions',
      'select secret_hash from perdure.api_keys',
      'select name from perdure.namespaces',
      'alter table perdure.executions disable row level security',
      'drop policy tenant on perdure.executions',
    ]) {
      await expect(client.query(statement)).rejects.toThrow(/permission denied|must be owner/);
    }
  });
});

test('the pumps see tasks, wake-ups and ids of all tenants, and nothing they hold', async () => {
  await as('perdure_pump', undefined, async (client) => {
    expect(await seen(client, 'tasks')).toEqual([1, 2]);
    expect(await seen(client, 'wakeups')).toEqual([1, 2]);
    expect(await seen(client, 'executions')).toEqual([1, 2]);
    expect(await seen(client, 'letters')).toEqual([1, 2]);
    for (const statement of [
      'select state from perdure.executions',
      'select * from perdure.history',
      'select * from perdure.visibility',
      'select * from perdure.api_keys',
      'delete from perdure.tasks',
      'select content from perdure.letters',
      'select answer from perdure.letters',
      'update perdure.letters set answered = true',
    ]) {
      await expect(client.query(statement)).rejects.toThrow('permission denied');
    }
  });
});

test('the control plane sees no runs', async () => {
  await as('perdure_control', '1,2', async (client) => {
    for (const table of tenantTables) {
      await expect(seen(client, table)).rejects.toThrow('permission denied');
    }
  });
});

test('every table with tenants in it has policies, and no role gets around them', async () => {
  const open = await query(
    url,
    `select c.relname from pg_class c join pg_attribute a on a.attrelid = c.oid
      where c.relnamespace = 'perdure'::regnamespace and c.relkind = 'r'
        and a.attname = 'namespace_id' and not c.relrowsecurity`,
  );
  expect(open).toEqual([]);
  const roles = await query(
    url,
    `select rolname from pg_roles r where rolname like 'perdure\\_%'
      and not (rolsuper or rolbypassrls or rolcanlogin or rolcreaterole)
      and not exists (select from pg_class c where c.relowner = r.oid) order by 1`,
  );
  const names = roles.map((role) => role['rolname'] as string);
  expect(names).toEqual(['perdure_control', 'perdure_pump', 'perdure_runtime']);
});

test('a lent connection acts for exactly the namespaces asked for, each time', async () => {
  const pool = new RolePool({
    url,
    role: 'perdure_runtime',
    max: 1,
    statementTimeout: 5_000,
    log: silentLogger,
  });
  const ids = { name: 'ids', text: 'select namespace_id from perdure.executions order by 1' };
  const broken = { name: 'broken', text: 'select 1 / $1::int4' };
  try {
    expect(await pool.run(ids, [])).toEqual([]);
    for (const scope of ['1', '2', '1,2', '1', '', '2']) {
      const expected = scope
        .split(',')
        .filter(Boolean)
        .map((id) => [Number(id)]);
      expect(await pool.run(ids, [], scope)).toEqual(expected);
      await expect(pool.run(broken, [0], '1')).rejects.toThrow('division by zero');
    }
    const together = await Promise.all(['1', '2', '1'].map((scope) => pool.run(ids, [], scope)));
    expect(together).toEqual([[[1]], [[2]], [[1]]]);
  } finally {
    await pool.close();
  }
});

test('a run of another namespace is not found by its id', async () => {
  const [run] = await query<{ run_id: string }>(
    url,
    'select run_id from perdure.executions where namespace_id = 1',
  );
  const key = { namespaceId: 1, workflowId: 'of 1', runId: run!.run_id };
  expect(await store.executions.loadRun(refOf(key))).toBeDefined();
  expect(await store.executions.loadRun({ ...refOf(key), namespaceId: 2 })).toBeUndefined();
});
