/** What an embedded platform can be told, and what it does when it is told nothing. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Logger, pino } from 'pino';
import { isSystemError } from './services/service-error.ts';
import { newTemporaryDataDir } from './temporary-data.ts';

/** Where waiting task ids are kept; `postgres` needs nothing beside the database. */
export type BrokerChoice = 'redis' | 'postgres';

/** Options of {@link startEmbedded}. */
export interface EmbeddedOptions {
  /** Port of the gateway; 0 picks a free one. Default 7233. */
  readonly port?: number;
  /** Address the gateway listens on. Default 127.0.0.1: this machine only. */
  readonly host?: string;
  /**
   * Keeps the database, the operator token, API keys and the key ring; made if there is none.
   * Default `.perdure/dev` below the current directory.
   */
  readonly dataDir?: string;
  /** Use a new temporary data directory and remove it at the end. Default false. */
  readonly ephemeral?: boolean;
  /** `postgres://` of a database to use. Default DATABASE_URL, else a private Postgres. */
  readonly databaseUrl?: string;
  /** `redis://` of a Redis to use. Default REDIS_URL, else a private one. */
  readonly redisUrl?: string;
  /**
   * Default `redis` when there is a Redis: a URL, or `redis-server` on PATH; else `postgres`.
   */
  readonly broker?: BrokerChoice;
  /** Namespace for local use, created at the first start. Default `default`. */
  readonly namespace?: string;
  /** Whether that namespace refuses plaintext, if it is created now. Default true. */
  readonly sealed?: boolean;
  /** Default: silent. Never told keys, tokens or URLs with passwords. */
  readonly log?: Logger;
  /** Told what takes time at the first start, in words for a person. */
  readonly onProgress?: (text: string) => void;
}

/** {@link EmbeddedOptions} with every question answered. */
export interface EmbeddedSettings {
  readonly port: number;
  readonly host: string;
  readonly dataDir: string;
  readonly ephemeral: boolean;
  readonly databaseUrl: string | undefined;
  readonly redisUrl: string | undefined;
  readonly broker: BrokerChoice | undefined;
  readonly namespace: string;
  readonly sealed: boolean;
  readonly log: Logger;
  readonly onProgress: ((text: string) => void) | undefined;
}

/** Where `perdure dev` listens unless told otherwise. */
const defaultPort = 7233;
const defaultHost = '127.0.0.1';

/** The data directory of a start that names none, and of commands that look for one. */
export function defaultDataDir(): string {
  return resolve('.perdure', 'dev');
}

/** Answers what the options leave open, from the environment and by making directories. */
export function settle(options: EmbeddedOptions): EmbeddedSettings {
  const { env } = process;
  const ephemeral = options.ephemeral ?? false;
  return {
    port: options.port ?? defaultPort,
    host: options.host ?? defaultHost,
    dataDir: dataDirOf(options.dataDir, ephemeral),
    ephemeral,
    databaseUrl: options.databaseUrl ?? (env['DATABASE_URL'] || undefined),
    redisUrl: options.redisUrl ?? (env['REDIS_URL'] || undefined),
    broker: options.broker,
    namespace: options.namespace ?? 'default',
    sealed: options.sealed ?? true,
    log: options.log ?? pino({ enabled: false }),
    onProgress: options.onProgress,
  };
}

function dataDirOf(wanted: string | undefined, ephemeral: boolean): string {
  if (ephemeral) return newTemporaryDataDir();
  if (wanted !== undefined) return resolve(wanted);
  keepOutOfGit(resolve('.perdure'));
  return defaultDataDir();
}

/** The folder holds keys, and the current directory is likely somebody's repository. */
function keepOutOfGit(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, '.gitignore'), '*\n', { flag: 'wx' });
  } catch (error) {
    // Whether the folder can be used is for the data directory to find out.
    if (!isSystemError(error, 'EEXIST', 'EACCES', 'EROFS')) throw error;
  }
}
