import {
  type Plan,
  type Stores,
  controlStoreConformance,
  executionStoreConformance,
  expectNoLostUpdate,
  letterStoreConformance,
  sessionStoreConformance,
  visibilityStoreConformance,
} from '@perdure/ports/conformance';
import fc from 'fast-check';
import { afterAll, beforeAll, test } from 'vitest';
import { type PostgresStore, createPostgresStore, migrate } from '../src/index.ts';
import { type Cluster, query, startCluster } from './cluster.ts';

let cluster: Cluster;
let url: string;
let one: PostgresStore;
let two: PostgresStore;

beforeAll(async () => {
  // Durability is not what this file tests: that is crash.test.ts.
  cluster = await startCluster(['fsync = off', 'deadlock_timeout = 50ms']);
  url = await cluster.createDatabase('conformance');
  await migrate(url);
  one = createPostgresStore({ url, flushers: 2 });
  two = createPostgresStore({ url });
});
afterAll(async () => {
  await Promise.all([one.close(), two.close()]);
  await cluster.stop();
});

/** By `delete`: for tables of a few rows `truncate` takes many times as long. */
async function empty(): Promise<void> {
  const tables = await query<{ name: string }>(
    url,
    `select format('perdure.%I', tablename) as name from pg_tables where schemaname = 'perdure'
      order by tablename`,
  );
  await query(url, tables.map(({ name }) => `delete from ${name}`).join('; '));
}

/** The stores stay open, so that what their sessions keep is tested too. */
const stayOpen = () => Promise.resolve();

async function make(): Promise<Stores> {
  await empty();
  return { ...two, close: stayOpen };
}

/** Two stores as in two server processes: every second commit goes to the other one. */
async function makeTwo(): Promise<Stores> {
  await empty();
  let turn = 0;
  const executions = new Proxy(one.executions, {
    get: (_, name: keyof typeof one.executions) => {
      const store = name === 'commit' && turn++ % 2 === 1 ? two : one;
      return store.executions[name].bind(store.executions);
    },
  });
  return { ...one, executions, close: stayOpen };
}

executionStoreConformance('Postgres', make);
executionStoreConformance('Postgres, two servers, one of them with two flushers', makeTwo);
visibilityStoreConformance('Postgres', make);
controlStoreConformance('Postgres', make);
sessionStoreConformance('Postgres', make);
letterStoreConformance('Postgres', make);

test('no update is lost, whatever writers in two servers do at once', async () => {
  const transition = fc.record({
    workflow: fc.nat(4),
    behind: fc.nat(1),
    withRequest: fc.boolean(),
  });
  const plans: fc.Arbitrary<Plan> = fc.array(
    fc.array(fc.array(transition, { minLength: 1, maxLength: 5 }), { maxLength: 5 }),
    { minLength: 1, maxLength: 5 },
  );
  await fc.assert(
    fc.asyncProperty(plans, async (plan) => {
      const stores = await makeTwo();
      await expectNoLostUpdate(stores.executions, 5, plan);
    }),
    { numRuns: 30 },
  );
});
