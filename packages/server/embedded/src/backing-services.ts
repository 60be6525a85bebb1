/**
 * The database and the broker's place under an embedded platform: those it was told to use, or
 * private ones in its data directory, started side by side.
 */
import { createHash } from 'node:crypto';
import type { BrokerChoice, EmbeddedSettings } from './embedded-options.ts';
import { type PostgresServer, startPostgres } from './services/postgres-server.ts';
import { type RedisServer, findRedisServer, startRedis } from './services/redis-server.ts';
import { ServiceError } from './services/service-error.ts';

/** What the platform runs on. */
export interface BackingServices {
  /** A secret: it holds a password. */
  readonly postgresUrl: string;
  /** Whether the database is the platform's own. */
  readonly ownsPostgres: boolean;
  readonly broker: BrokerChoice;
  /** Of the broker's Redis or, again, of the database. A secret too. */
  readonly brokerUrl: string;
  /** Names the database, the same at every start: platforms that share a Redis need it. */
  readonly databaseId: string;
  /** Stops the private services, within 5 s. */
  stop(): Promise<void>;
}

/**
 * Starts what is missing; when one part fails, stops the other.
 *
 * @throws ServiceError
 */
export async function startBackingServices(settings: EmbeddedSettings): Promise<BackingServices> {
  const { databaseUrl, redisUrl, dataDir, ephemeral, log, onProgress } = settings;
  const broker = settings.broker ?? defaultBroker(settings);
  const [postgres, redis] = await bothOrNeither(
    databaseUrl === undefined
      ? startPostgres({ dataDir, log, onProgress, outliveOwner: !ephemeral })
      : undefined,
    broker === 'redis' && redisUrl === undefined ? startRedis({ dir: dataDir, log }) : undefined,
  );
  const postgresUrl = postgres?.url ?? databaseUrl ?? '';
  return {
    postgresUrl,
    ownsPostgres: postgres !== undefined,
    broker,
    brokerUrl: broker === 'redis' ? (redis?.url ?? redisUrl ?? '') : postgresUrl,
    databaseId: databaseIdOf(postgres, postgresUrl),
    async stop() {
      await Promise.all([redis?.stop(), postgres?.stop()]);
    },
  };
}

function defaultBroker({ redisUrl }: EmbeddedSettings): BrokerChoice {
  return redisUrl !== undefined || findRedisServer() !== undefined ? 'redis' : 'postgres';
}

/** The port of a private server changes from start to start; its directory does not. */
function databaseIdOf(postgres: PostgresServer | undefined, postgresUrl: string): string {
  const { hostname, port, pathname } = new URL(postgresUrl);
  const place = postgres?.clusterDirectory ?? `${hostname}:${port || '5432'}${pathname}`;
  return createHash('sha256').update(place).digest('hex').slice(0, 12);
}

async function bothOrNeither(
  first: Promise<PostgresServer> | undefined,
  second: Promise<RedisServer> | undefined,
): Promise<[PostgresServer | undefined, RedisServer | undefined]> {
  const [a, b] = await Promise.allSettled([first, second]);
  if (a.status === 'fulfilled' && b.status === 'fulfilled') return [a.value, b.value];
  if (a.status === 'fulfilled') await a.value?.stop();
  if (b.status === 'fulfilled') await b.value?.stop();
  throw a.status === 'rejected' ? a.reason : (b as PromiseRejectedResult).reason;
}

/** @throws ServiceError when a URL is not one that can be used */
export function checkUrls({ databaseUrl, redisUrl }: EmbeddedSettings): void {
  checkUrl('DATABASE_URL', databaseUrl, ['postgres:', 'postgresql:']);
  checkUrl('REDIS_URL', redisUrl, ['redis:', 'rediss:']);
}

function checkUrl(name: string, url: string | undefined, schemes: readonly string[]): void {
  if (url === undefined) return;
  if (URL.canParse(url) && schemes.includes(new URL(url).protocol)) return;
  throw new ServiceError(
    'START_FAILED',
    `${name} must be a URL that begins with ${schemes[0]}//, for example ` +
      `${schemes[0]}//user:password@localhost/perdure. It is another text (not shown: it may hold ` +
      'a password). Correct it, or unset it to get a private server.',
  );
}
