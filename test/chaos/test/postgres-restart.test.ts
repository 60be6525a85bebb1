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
import { expect, it, onTestFailed, onTestFinished } from 'vitest';
import { Collections } from './collections.ts';
import { newLedger, startCrew } from './crew.ts';
import { FooBars } from './foo-bars.ts';

const COUNT = 200;
const RESTARTS = 3;
const RECOVERED_WITHIN_MS = 30_000;
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

it.each([
  ['crashes', 'kill'],
  ['is shut down', 'stop'],
] as const)('Postgres %s amid 200 FooBars and signals', async (_, how) => {
  const stage = new Stage();
  onTestFinished(() => stage.close());
  const database = await Database.start(stage);
  const platform: Platform = await startPlatform(stage, { databaseUrl: database.url });
  onTestFailed(() => console.error(platform.log()));
  const place = { taskQueue: 'postgres', ledger: newLedger(stage) };
  await startCrew(stage, platform, place, slots);
  await startCrew(stage, platform, place, slots);
  const client = await clientOf(stage, platform);
  const load = new FooBars([client], place);
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
