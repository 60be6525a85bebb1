/**
 * The processes of a chaos test: servers, workers and a Redis that can be killed one by one, and a
 * client that may call any server.
 */
import type { Client } from '@perdure/client';
import { startPostgres } from '@perdure/embedded';
import {
  type PlatformAccess,
  PlatformProcess,
  RedisProcess,
  type Stage,
  type WorkerProcess,
  clientOf,
  newDataDirectory,
} from '@perdure/test-support';
import type { WorkerOptions } from '@perdure/worker';
import { type CrewPlace, startCrew } from './crew.ts';

/** What can be killed and started again. */
export interface Killable {
  kill(): Promise<void>;
  restart(): Promise<void>;
}

/** See the module comment. */
export interface System {
  readonly redis: RedisProcess;
  /** Two share a database and the Redis. */
  readonly servers: readonly PlatformProcess[];
  /** Two, each at a server of its own where there are two. */
  readonly workers: readonly WorkerProcess[];
  /** One for each server. */
  readonly clients: readonly Client[];
}

/**
 * Starts one.
 *
 * @param serverCount one has a private Postgres and knows that nobody shares it; two share theirs
 */
export async function startSystem(
  stage: Stage,
  serverCount: 1 | 2,
  place: CrewPlace,
  workerOptions: Partial<WorkerOptions>,
): Promise<System> {
  const redis = await RedisProcess.start(stage);
  const databaseUrl = serverCount === 1 ? undefined : await newDatabase(stage);
  const servers: PlatformProcess[] = [];
  // One after the other: the first makes the namespace.
  for (let i = 0; i < serverCount; i++) {
    servers.push(await PlatformProcess.start(stage, { redisUrl: redis.url, databaseUrl }));
  }
  const [{ keyRing }] = servers as [PlatformProcess];
  const accesses = servers.map((server) => accessOf(server, keyRing));
  const [first] = accesses as [PlatformAccess];
  const workers = await Promise.all(
    [first, accesses[1] ?? first].map((access) => startCrew(stage, access, place, workerOptions)),
  );
  const clients = await Promise.all(accesses.map((access) => clientOf(stage, access)));
  return { redis, servers, workers, clients };
}

async function newDatabase(stage: Stage): Promise<string> {
  const postgres = await startPostgres({ dataDir: newDataDirectory(stage), outliveOwner: false });
  stage.add('postgres', () => postgres.kill());
  return postgres.url;
}

/** Every server makes a key ring of its own at its first start; all parties need the same. */
function accessOf(server: PlatformProcess, keyRing: PlatformAccess['keyRing']): PlatformAccess {
  const { address, namespace, apiKey, operatorToken } = server;
  return { address, namespace, apiKey, operatorToken, keyRing };
}

/** What the processes that run now have logged. */
export function logsOf({ servers, workers }: System): string {
  return [
    ...servers.map(({ log }, i) => `server ${i} said:\n${log}`),
    ...workers.map(({ log }, i) => `worker ${i} said:\n${log}`),
  ].join('\n');
}
