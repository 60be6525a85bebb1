import { execFile } from 'node:child_process';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { StoreUnavailableError } from '@perdure/ports';
import { newRun, refOf, startOf } from '@perdure/ports/conformance';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createPostgresStore, migrate } from '../src/index.ts';
import { type Cluster, query, startCluster } from './cluster.ts';

const run = promisify(execFile);
const packageFolder = fileURLToPath(new URL('..', import.meta.url));

let cluster: Cluster;

beforeAll(async () => {
  cluster = await startCluster(['fsync = off']);
});
afterAll(() => cluster.stop());

test('databases of a new cluster can be set up all at once, each by several processes', async () => {
  const urls = [];
  for (const name of ['one', 'two', 'three']) urls.push(await cluster.createDatabase(name));
  await Promise.all([...urls, ...urls].map((url) => migrate(url)));
  for (const url of urls) {
    const store = createPostgresStore({ url });
    const key = newRun('w');
    expect(await store.executions.commit([startOf(key)])).toEqual([{ kind: 'committed' }]);
    await store.close();
  }
});

test('migrating again changes nothing', async () => {
  const url = await cluster.createDatabase('again');
  await migrate(url);
  const store = createPostgresStore({ url });
  const key = newRun('w');
  await store.executions.commit([startOf(key)]);
  const applied = await query(url, 'select * from perdure_migrations.applied');
  await migrate(url);
  expect(await query(url, 'select * from perdure_migrations.applied')).toEqual(applied);
  expect((await store.executions.loadRun(refOf(key)))?.version).toBe(1);
  await store.close();
});

test('an owner that is no superuser can migrate where the roles exist', async () => {
  await migrate(await cluster.createDatabase('roles'));
  const admin = cluster.url('postgres');
  await query(admin, 'create role plain login');
  await query(admin, 'grant perdure_runtime, perdure_pump, perdure_control to plain');
  await query(admin, 'create database of_plain owner plain');
  const url = cluster.url('of_plain').replace('perdure:none', 'plain:none');
  await migrate(url);
  const store = createPostgresStore({ url });
  expect(await store.executions.commit([startOf(newRun('w'))])).toEqual([{ kind: 'committed' }]);
  await store.close();
});

test('where nothing listens the error says where it tried, without the password', async () => {
  const url = 'postgres://user:secret@127.0.0.1:1/nowhere';
  const failure = migrate(url);
  await expect(failure).rejects.toThrow(StoreUnavailableError);
  await expect(failure).rejects.toThrow('127.0.0.1:1/nowhere');
  await expect(failure).rejects.not.toThrow('secret');
  const store = createPostgresStore({ url });
  await expect(store.executions.commit([startOf(newRun('w'))])).rejects.toThrow(
    StoreUnavailableError,
  );
  await expect(store.control.listNamespaces()).rejects.toThrow(StoreUnavailableError);
  await store.close();
});

test('the migrations make the schema that schema.ts describes', async () => {
  const out = await mkdtemp(join(tmpdir(), 'perdure-migrations-'));
  try {
    await cp(join(packageFolder, 'migrations'), out, { recursive: true });
    const kit = dirname(createRequire(import.meta.url).resolve('drizzle-kit'));
    const { stdout } = await run(
      process.execPath,
      [
        join(kit, 'bin.cjs'),
        'generate',
        '--dialect=postgresql',
        '--schema=./src/schema.ts',
        `--out=${relative(packageFolder, out)}`,
      ],
      { cwd: packageFolder },
    );
    expect(stdout).toContain('No schema changes');
  } finally {
    await rm(out, { recursive: true });
  }
});
