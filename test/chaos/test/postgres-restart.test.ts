/**
 * Postgres restarted under load, by a crash and by the book: what was acknowledged before, between
 * and after is there, and all is done.
 */
import { type PostgresServer, startPostgres } from '@perdure/embedded';
import {
  type Platform,
  Stage,
  clientOf,
  eventually,
  freePort,
  newDataDirectory,
  startPlatform,
} from '@perdure/test-support';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it, onTestFailed, onTestFinished } from 'vitest';
import { Collections } from './collections.ts';
import { newLedger, startCrew } from './crew.ts';
import { FooBars } from './foo-bars.ts';

const COUNT = 200;
const RESTARTS = 3;
const RECOVERED_WITHIN_MS = 30_000;
/** More than a sweep of the outbox reads in one go. */
const LONG_QUEUE = 1_050;
/** Stranded tasks stand still for most of a minute; a slow machine goes on. */
const STANDSTILL_MS = 15_000;
/** By then the sweeps have passed a queue of that length, and come back to it once a minute. */
const SWEPT_AFTER_MS = 5_000;
const slots = { maxConcurrentWorkflowTaskExecutions: 4, maxConcurrentActivityTaskExecutions: 6 };

/** A Postgres that can be ended and started again where it was. */
class Database {
  readonly #start: () => Promise<PostgresServer>;
  #server: PostgresServer;

  private constructor(start: () => Promise<PostgresServer>, server: PostgresServer) {
    this.#start = start;
    this.#server = server;
  }

  static async start(stage: Stage): Promise<Database> {
    const options = { dataDir: newDataDirectory(stage), port: await freePort() };
    const start = () => startPostgres({ ...options, outliveOwner: false });
    const database = new Database(start, await start());
    stage.add('postgres', () => database.#server.kill());
    return database;
  }

  get url(): string {
    return this.#server.url;
  }

  /** `kill` is a crash of all its processes, `stop` a fast shutdown. */
  async restart(how: 'kill' | 'stop'): Promise<void> {
    await this.#server[how]();
    this.#server = await this.#start();
  }
}

/** A platform on a database of its own that can be restarted. */
async function startOn() {
  const stage = new Stage();
  onTestFinished(() => stage.close());
  const database = await Database.start(stage);
  const platform: Platform = await startPlatform(stage, { databaseUrl: database.url });
  onTestFailed(() => console.error(platform.log()));
  const place = { taskQueue: 'postgres', ledger: newLedger(stage) };
  const client = await clientOf(stage, platform);
  const load = new FooBars([client], place);
  const startWorker = () => startCrew(stage, platform, place, slots);
  return { database, client, place, load, startWorker };
}

it.each([
  ['crashes', 'kill'],
  ['is shut down', 'stop'],
] as const)('Postgres %s amid 200 FooBars and signals', async (_, how) => {
  const { database, client, place, load, startWorker } = await startOn();
  await startWorker();
  await startWorker();
  const collections = await Collections.start(client, place.taskQueue, 4);

  const share = COUNT / RESTARTS;
  for (let i = 0; i < RESTARTS; i++) {
    load.start(Math.round(share * (i + 1)) - load.count);
    const signals = collections.send(i * 10, 10, 20);
    await eventually(() => expect(load.finished).toBeGreaterThan(share * (i + 0.3)));
    await database.restart(how);
    await signals;
  }

  await load.finish(RECOVERED_WITHIN_MS);
  expect(load.count).toBe(COUNT);
  expect(await load.flaws()).toEqual([]);
  expect(await collections.flaws()).toEqual([]);
});

it('a crash of Postgres strands no task of a long queue', async () => {
  const { database, client, place, startWorker } = await startOn();
  const { taskQueue } = place;
  const ids = Array.from({ length: LONG_QUEUE }, (_, i) => `echo-${i}`);
  const handles = await Promise.all(
    ids.map((workflowId) =>
      client.workflow.start('echo', { taskQueue, workflowId, args: [workflowId] }),
    ),
  );
  await sleep(SWEPT_AFTER_MS);

  const results: unknown[] = [];
  const keep = (result: unknown) => void results.push(result);
  for (const handle of handles) handle.result().then(keep, keep);
  await startWorker();
  await eventually(() => expect(results).not.toEqual([]));
  await database.restart('kill');
  while (results.length < LONG_QUEUE) {
    const before = results.length;
    await eventually(() => expect(results.length).toBeGreaterThan(before), STANDSTILL_MS);
  }
  expect(new Set(results)).toEqual(new Set(ids));
});
