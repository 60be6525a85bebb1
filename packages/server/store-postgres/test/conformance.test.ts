import {
  type Plan,
  type Stores,
  controlStoreConformance,
  executionStoreConformance,
  expectNoLostUpdate,
  sessionStoreConformance,
  visibilityStoreConformance,
} from '@perdure/ports/conformance';
import fc from 'fast-check';
import { afterAll, beforeAll, test } from 'vitest';
import { createPostgresStore, migrate } from '../src/index.ts';
import { type Cluster, query, startCluster } from './cluster.ts';

let cluster: Cluster;
let url: string;

beforeAll(async () => {
  // Durability is not what this file tests: that is crash.test.ts.
  cluster = await startCluster(['fsync = off', 'deadlock_timeout = 50ms']);
  url = await cluster.createDatabase('conformance');
  await migrate(url);
});
afterAll(() => cluster.stop());

async function empty(): Promise<void> {
  const tables = await query<{ name: string }>(
    url,
    `select string_agg(format('perdure.%I', tablename), ', ') as name from pg_tables
      where schemaname = 'perdure'`,
  );
  await query(url, `truncate ${tables[0]!.name} restart identity`);
}

async function make(): Promise<Stores> {
  await empty();
  return createPostgresStore({ url });
}

/** Two stores as in two server processes: every second commit goes to the other one. */
async function makeTwo(): Promise<Stores> {
  await empty();
  const one = createPostgresStore({ url, flushers: 2 });
  const two = createPostgresStore({ url });
  let turn = 0;
  const executions = new Proxy(one.executions, {
    get: (_, name: keyof typeof one.executions) => {
      const store = name === 'commit' && turn++ % 2 === 1 ? two : one;
      return store.executions[name].bind(store.executions);
    },
  });
  return {
    ...one,
    executions,
    close: async () => {
      await Promise.all([one.close(), two.close()]);
    },
  };
}

executionStoreConformance('Postgres', make);
executionStoreConformance('Postgres, two servers, one of them with two flushers', makeTwo);
visibilityStoreConformance('Postgres', make);
controlStoreConformance('Postgres', make);
sessionStoreConformance('Postgres', make);

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
      try {
        await expectNoLostUpdate(stores.executions, 5, plan);
      } finally {
        await stores.close();
      }
    }),
    { numRuns: 30 },
  );
});
