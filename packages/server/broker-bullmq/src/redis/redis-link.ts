/**
 * One connection to Redis that never hangs and never gives up.
 *
 * States: connecting, ready, lost. It reconnects for as long as it takes (at most a second between
 * tries). A request waits for the connection only while the link has been down for less than the
 * time limit; after that it fails at once. A request without an answer within the limit fails too,
 * and a connection on which nothing at all arrives for three times as long is broken and made anew.
 * Nothing is sent twice, and no event of the driver can end the process.
 */
import type { Logger } from '@perdure/common';
import { BrokerUnavailableError } from '@perdure/ports';
import { Redis, type RedisOptions } from 'ioredis';
import { shownError } from '../shown-error.ts';

const RETRY_FIRST_MS = 20;
const RETRY_MAX_MS = 1_000;
/** A TCP and TLS handshake may take longer than an answer. */
const CONNECT_MIN_MS = 2_000;

/** Silence that breaks a connection, in time limits. */
const SILENT_LIMITS = 3;
/** A timer later than this tells of a busy process: answers may lie there unread. */
const BUSY_MS = 50;

/** What a link is made from. */
export interface RedisLinkOptions {
  readonly url: string;
  /** Time limit of a request in milliseconds, see above. */
  readonly timeoutMs: number;
  readonly logger: Logger;
  /** Called each time the connection stands. */
  readonly onReady?: () => void;
}

/** A connection to Redis with its state. */
export class RedisLink {
  readonly client: Redis;
  readonly #timeoutMs: number;
  readonly #logger: Logger;
  #downSince: number | undefined = performance.now();
  #lastError: Error | undefined;
  #closed = false;
  /** Requests that wait for the connection; told whether it stands. */
  readonly #waiting = new Set<(ready: boolean) => void>();

  constructor({ url, timeoutMs, logger, onReady }: RedisLinkOptions) {
    this.#timeoutMs = timeoutMs;
    this.#logger = logger;
    this.client = new Redis(url, driverOptions(timeoutMs));
    this.client.on('error', (error: Error) => this.#failed(error));
    this.client.on('close', () => (this.#downSince ??= performance.now()));
    this.client.on('ready', () => {
      this.#restored();
      onReady?.();
    });
  }

  /** Runs a request once the connection stands. @throws BrokerUnavailableError */
  async request<T>(what: string, send: () => Promise<T>): Promise<T> {
    if (this.client.status !== 'ready') await this.#untilReady(what);
    try {
      return await withinLimit(send(), this.#timeoutMs);
    } catch (cause) {
      if (cause === overdue) throw this.#silence(what);
      throw this.#refusal(what, shownError(cause));
    }
  }

  /** Lets answers on their way arrive, then ends the connection for good. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#wake(false);
    if (this.client.status === 'ready') {
      await withinLimit(this.client.quit(), this.#timeoutMs).catch(() => undefined);
    }
    this.client.disconnect();
  }

  async #untilReady(what: string): Promise<void> {
    if (this.#closed) throw closedError(what);
    const since = this.#downSince ?? performance.now();
    const patience = since + this.#timeoutMs - performance.now();
    if (patience > 0 && (await this.#becomesReady(patience))) return;
    if (this.#closed) throw closedError(what);
    throw new BrokerUnavailableError(
      `cannot ${what}: no connection to Redis for ${Math.round(performance.now() - since)} ms; ` +
        'it reconnects by itself, check that Redis runs and that its address is right',
      'disconnected',
      this.#lastError,
    );
  }

  #refusal(what: string, cause: Error): BrokerUnavailableError {
    if (this.#closed) return closedError(what);
    const { message } = cause;
    // The driver notices a half-closed socket a moment before it changes its status.
    const connected = this.client.status === 'ready' && !message.startsWith('Stream isn');
    if (connected) {
      return new BrokerUnavailableError(`cannot ${what}: Redis said: ${message}`, 'failed', cause);
    }
    return new BrokerUnavailableError(
      `cannot ${what}: the connection to Redis broke before the answer came`,
      'disconnected',
      cause,
    );
  }

  #silence(what: string): BrokerUnavailableError {
    return new BrokerUnavailableError(
      `cannot ${what}: Redis did not answer within ${this.#timeoutMs} ms`,
      'timeout',
    );
  }

  #failed(error: Error): void {
    const first = this.#lastError === undefined;
    this.#lastError = shownError(error);
    if (first && !this.#closed) {
      this.#logger.warn('no connection to Redis; trying again until there is one', {
        error: error.message,
      });
    }
  }

  #restored(): void {
    if (this.#lastError) this.#logger.info('connected to Redis again');
    this.#downSince = undefined;
    this.#lastError = undefined;
    this.#wake(true);
  }

  #becomesReady(withinMs: number): Promise<boolean> {
    return new Promise((resolve) => {
      const done = (ready: boolean): void => {
        clearTimeout(timer);
        this.#waiting.delete(done);
        resolve(ready);
      };
      const timer = setTimeout(() => done(false), withinMs);
      this.#waiting.add(done);
    });
  }

  #wake(ready: boolean): void {
    for (const done of this.#waiting) done(ready);
  }
}

function driverOptions(timeoutMs: number): RedisOptions {
  return {
    connectionName: 'perdure-broker',
    connectTimeout: Math.max(timeoutMs, CONNECT_MIN_MS),
    socketTimeout: SILENT_LIMITS * timeoutMs,
    // What was sent and not answered fails when the connection breaks, and is not sent again.
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    enableOfflineQueue: false,
    // The driver resubscribes without handling a failure; the broker does it itself.
    autoResubscribe: false,
    retryStrategy: (tries) => Math.min(RETRY_FIRST_MS * 2 ** Math.min(tries, 10), RETRY_MAX_MS),
    // After a failover the old address may be a replica.
    reconnectOnError: (error) => error.message.startsWith('READONLY'),
  };
}

const overdue = Symbol('overdue');

/** Rejects with {@link overdue} after the limit, unless this process was too busy to listen. */
function withinLimit<T>(work: Promise<T>, limitMs: number): Promise<T> {
  return new Promise((resolve, reject) => {
    let due = performance.now() + limitMs;
    const check = (): void => {
      const now = performance.now();
      if (now - due < BUSY_MS) return reject(overdue);
      due = now + limitMs;
      timer = setTimeout(check, limitMs);
    };
    let timer = setTimeout(check, limitMs);
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

function closedError(what: string): BrokerUnavailableError {
  return new BrokerUnavailableError(`cannot ${what}: the broker is closed`, 'closed');
}
