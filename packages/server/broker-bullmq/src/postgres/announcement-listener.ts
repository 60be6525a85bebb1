/**
 * Hears what other processes announce: one connection that listens on one channel, and is made
 * anew, for as long as it takes, whenever it breaks.
 */
import type { Logger } from '@perdure/common';
import pg from 'pg';
import { shownError } from '../shown-error.ts';
import type { WakeUps } from '../wake-ups.ts';

const RETRY_FIRST_MS = 50;
const RETRY_MAX_MS = 1_000;
/** A connection that only listens would not notice that the other side is gone. */
const KEEPALIVE_MS = 10_000;

/** What a listener is made from. */
export interface AnnouncementListenerOptions {
  readonly url: string;
  /** A name that needs no quoting inside double quotes. */
  readonly channel: string;
  readonly timeoutMs: number;
  readonly wakeUps: WakeUps;
  readonly logger: Logger;
}

/** Listens from its construction until it is closed. */
export class AnnouncementListener {
  readonly #options: AnnouncementListenerOptions;
  #client: pg.Client | undefined;
  #retry: NodeJS.Timeout | undefined;
  #failures = 0;
  #closed = false;

  constructor(options: AnnouncementListenerOptions) {
    this.#options = options;
    this.#listen();
  }

  /** Asks the server for a sign of life; without one the connection is made anew. */
  probe(): void {
    const client = this.#client;
    client?.query('SELECT 1').catch((error: unknown) => this.#lost(client, error));
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#retry);
    const client = this.#client;
    this.#client = undefined;
    await client?.end().catch(() => undefined);
  }

  #listen(): void {
    const { url, channel, timeoutMs, wakeUps } = this.#options;
    const client = new pg.Client({
      connectionString: url,
      connectionTimeoutMillis: timeoutMs,
      query_timeout: timeoutMs,
      keepAlive: true,
      keepAliveInitialDelayMillis: KEEPALIVE_MS,
      application_name: 'perdure-broker-listener',
    });
    this.#client = client;
    client.on('notification', ({ payload }) => wakeUps.received(payload ?? ''));
    client.on('error', (error) => this.#lost(client, error));
    client.on('end', () => this.#lost(client, new Error('the connection ended')));
    client
      .connect()
      .then(() => client.query(`LISTEN "${channel}"`))
      .then(
        () => this.#stands(client),
        (error: unknown) => this.#lost(client, error),
      );
  }

  #stands(client: pg.Client): void {
    if (this.#closed || client !== this.#client) return;
    if (this.#failures > 0) this.#options.logger.info('wake-ups from Postgres arrive again');
    this.#failures = 0;
    this.#options.wakeUps.flows();
  }

  #lost(client: pg.Client, error: unknown): void {
    if (this.#closed || client !== this.#client) return;
    this.#client = undefined;
    client.end().catch(() => undefined);
    this.#options.wakeUps.stops();
    if (this.#failures === 0) {
      this.#options.logger.warn('no wake-ups from Postgres; trying again until there are', {
        error: shownError(error).message,
      });
    }
    const delay = Math.min(RETRY_FIRST_MS * 2 ** Math.min(this.#failures, 10), RETRY_MAX_MS);
    this.#failures += 1;
    this.#retry = setTimeout(() => this.#listen(), delay);
  }
}
