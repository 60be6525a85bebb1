/** The program that `services-fixture.ts` runs as a process of its own. */
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { claimOwnership } from '../src/services/ownership.ts';
import { startPostgres, type PostgresOptions } from '../src/services/postgres-server.ts';
import { startRedis } from '../src/services/redis-server.ts';
import { ServiceError } from '../src/services/service-error.ts';

/** What the owner is to do. */
export type OwnerRequest =
  /** Start Postgres, run `committed`, leave `open` uncommitted; then `afterwards`. */
  | {
      readonly do: 'postgres';
      readonly options: Pick<PostgresOptions, 'dataDir' | 'outliveOwner'>;
      readonly committed?: string;
      readonly open?: string;
      readonly afterwards?: 'stop' | 'exit';
    }
  | { readonly do: 'redis'; readonly dir: string }
  /** Wait until `at` (Unix milliseconds), then try to claim each directory. */
  | { readonly do: 'claim'; readonly directories: readonly string[]; readonly at: number };

/** What it says, in one line of JSON, before it waits to be killed. */
export interface OwnerReply {
  readonly url?: string;
  readonly pid?: number;
  readonly clusterDirectory?: string;
  readonly progress?: readonly string[];
  readonly rows?: readonly unknown[];
  readonly claimed?: readonly boolean[];
  readonly code?: string;
  readonly message?: string;
}

function say(reply: OwnerReply): void {
  process.stdout.write(`${JSON.stringify(reply)}\n`);
}

async function ownPostgres(request: Extract<OwnerRequest, { do: 'postgres' }>): Promise<void> {
  const progress: string[] = [];
  const onProgress = (text: string): number => progress.push(text);
  const server = await startPostgres({ ...request.options, onProgress });
  const client = new pg.Client({ connectionString: server.url });
  client.on('error', () => {});
  await client.connect();
  const { rows } = await client.query(request.committed ?? 'select 1');
  if (request.open !== undefined) await client.query(`begin; ${request.open}`);
  say({
    url: server.url,
    pid: server.pid,
    clusterDirectory: server.clusterDirectory,
    progress,
    rows,
  });
  if (request.afterwards === 'exit') process.exit(0);
  if (request.afterwards !== 'stop') return stay();
  await client.end();
  await server.stop();
}

async function claimAll(request: Extract<OwnerRequest, { do: 'claim' }>): Promise<void> {
  await sleep(request.at - Date.now());
  const claimed = request.directories.map((directory) => {
    try {
      claimOwnership(directory, 'test');
      return true;
    } catch {
      return false;
    }
  });
  say({ claimed });
  await stay();
}

async function stay(): Promise<never> {
  for (;;) await sleep(60_000);
}

async function ownRedis(dir: string): Promise<void> {
  const { url, pid } = await startRedis({ dir });
  say({ url, pid });
  await stay();
}

try {
  const request = JSON.parse(process.argv[2] ?? '') as OwnerRequest;
  if (request.do === 'postgres') await ownPostgres(request);
  else if (request.do === 'redis') await ownRedis(request.dir);
  else await claimAll(request);
} catch (error) {
  if (!(error instanceof ServiceError)) throw error;
  say({ code: error.code, message: error.message });
}
