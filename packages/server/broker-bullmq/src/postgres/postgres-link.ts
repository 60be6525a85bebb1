/**
 * The broker's connections to Postgres: a small pool whose sessions live in the broker's schema.
 *
 * Opened by the first request (which brings the schema up to date) and, if that fails, by the next
 * one again. Every request fails soon when Postgres is away or silent. Commits do not wait for the
 * disk: what a crash loses is announced again, see `broker-schema.ts`.
 */
import { BrokerUnavailableError, type BrokerUnavailableReason } from '@perdure/ports';
import { PostgresConnection, PostgresQueueBackend } from 'bullmq';
import pg from 'pg';
import { shownError } from '../shown-error.ts';
import { prepareSchema } from './broker-schema.ts';

/** What a link is made from. */
export interface PostgresLinkOptions {
  readonly url: string;
  readonly schema: string;
  /** Connections at most. */
  readonly poolSize: number;
  /** Time limit in milliseconds: for a connection, and again for an answer. */
  readonly timeoutMs: number;
}

/** What a request works with. */
export interface PostgresSession {
  readonly pool: pg.Pool;
  /** BullMQ's operations; those that name their queues themselves can use it for any. */
  readonly backend: PostgresQueueBackend;
}

/** Codes of Postgres for a schema that is not there: somebody dropped it. */
const schemaGone = new Set(['42P01', '3F000', '42883']);

/** Opens, reopens and closes the broker's connections. */
export class PostgresLink {
  readonly #options: PostgresLinkOptions;
  readonly #underWay = new Set<Promise<unknown>>();
  #opening: Promise<PostgresSession> | undefined;
  #closing: Promise<void> | undefined;

  constructor(options: PostgresLinkOptions) {
    this.#options = options;
  }

  /** Runs a request. @throws BrokerUnavailableError */
  async request<T>(what: string, work: (session: PostgresSession) => Promise<T>): Promise<T> {
    if (this.#closing) throw refusal(what, 'closed', 'the broker is closed');
    const done = this.#open().then(work);
    this.#underWay.add(done);
    try {
      return await done;
    } catch (error) {
      const cause = shownError(error);
      if (schemaGone.has(codeOf(cause))) this.#reopen();
      throw refusal(what, reasonOf(cause), `Postgres: ${cause.message}`, cause);
    } finally {
      this.#underWay.delete(done);
    }
  }

  /** Lets requests under way end, then ends all connections. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    // BullMQ never settles an operation that meets a closing pool.
    await Promise.allSettled(this.#underWay);
    const session = await this.#opening?.catch(() => undefined);
    await session?.backend.close();
  }

  #open(): Promise<PostgresSession> {
    if (this.#opening) return this.#opening;
    const opening = openSession(this.#options);
    this.#opening = opening;
    opening.catch(() => {
      if (this.#opening === opening) this.#opening = undefined;
    });
    return opening;
  }

  #reopen(): void {
    const lost = this.#opening;
    this.#opening = undefined;
    lost?.then(({ backend }) => backend.close()).catch(() => undefined);
  }
}

async function openSession(options: PostgresLinkOptions): Promise<PostgresSession> {
  const { url, schema, poolSize, timeoutMs } = options;
  const migrator = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: timeoutMs,
    application_name: 'perdure-broker',
  });
  // The failed call tells; an 'error' event without a listener is fatal.
  migrator.on('error', () => undefined);
  try {
    await migrator.connect();
    await prepareSchema(migrator, schema);
  } finally {
    await migrator.end().catch(() => undefined);
  }
  const connection = new PostgresConnection({
    connectionString: url,
    schema,
    max: poolSize,
    connectionTimeoutMillis: timeoutMs,
    query_timeout: timeoutMs,
    application_name: 'perdure-broker',
    options: '-c synchronous_commit=off',
  });
  const backend = new PostgresQueueBackend(connection, 'none', { connection: url });
  backend.on('error', () => undefined);
  try {
    await backend.waitUntilReady();
  } catch (error) {
    await backend.close();
    throw error;
  }
  // BullMQ describes the pool by a type of its own, but it is made by pg.
  return { backend, pool: connection.pool as unknown as pg.Pool };
}

function codeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : '';
}

/** Codes of Postgres are five characters; those of Node's sockets begin with E. */
function reasonOf(error: Error): BrokerUnavailableReason {
  if (/timeout/i.test(error.message)) return 'timeout';
  const code = codeOf(error);
  const answered = /^[0-9A-Z]{5}$/.test(code) && !code.startsWith('57P') && !code.startsWith('08');
  return answered ? 'failed' : 'disconnected';
}

function refusal(
  what: string,
  reason: BrokerUnavailableReason,
  why: string,
  cause?: Error,
): BrokerUnavailableError {
  return new BrokerUnavailableError(`cannot ${what}: ${why}`, reason, cause);
}
