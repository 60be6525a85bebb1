/**
 * BullMQ's view of one queue each, all on one connection.
 *
 * BullMQ's `Queue` and `Worker` add a connection or timers per queue; the storage layer below them
 * (`createRedisBackend`, `forQueue`) costs 5 KB a queue and nothing while idle, so thousands of
 * queues are fine and the least recently used handles can simply be dropped.
 */
import { createRedisBackend, type IQueueBackend, type RedisQueueBackend } from 'bullmq';
import type { Redis } from 'ioredis';

/** Handles kept at most: about 10 MB. */
const MAX_HANDLES = 2_000;
/** Housekeeping keys of a queue that nobody used for so long disappear from Redis. */
const KEEP_SECONDS = 7 * 24 * 3_600;
/** They are renewed when a handle is first used and then no more often than this. */
const RENEW_MS = 6 * 3_600_000;
/** Each take leaves an event behind; after so many the stream is cut. */
const TRIM_AFTER_TAKES = 1_000;

/** A queue in Redis. */
export interface QueueHandle {
  readonly backend: IQueueBackend;
  /** When the housekeeping keys were last renewed; 0 for never. Milliseconds of a monotonic clock. */
  renewedAt: number;
  takesSinceTrim: number;
}

/** The queues of one broker. */
export class QueueHandles {
  readonly #client: Redis;
  readonly #base: RedisQueueBackend;
  readonly #prefix: string;
  readonly #handles = new Map<string, QueueHandle>();

  constructor(client: Redis, prefix: string) {
    this.#client = client;
    this.#prefix = prefix;
    this.#base = createRedisBackend('none', {
      connection: client,
      // Both would ask Redis at once, and a failed answer would spoil the backend for ever.
      skipVersionCheck: true,
      skipWaitingForReady: true,
    });
    // The link handles the connection's errors; an 'error' event without a listener is fatal.
    this.#base.on('error', () => undefined);
  }

  /** The handle of a queue. The braces make Redis Cluster keep all keys of a queue together. */
  get(name: string): QueueHandle {
    const handle = this.#handles.get(name) ?? {
      backend: this.#base.forQueue(`{${name}}`, this.#prefix),
      renewedAt: 0,
      takesSinceTrim: 0,
    };
    this.#handles.delete(name);
    this.#handles.set(name, handle);
    if (this.#handles.size > MAX_HANDLES) {
      for (const oldest of this.#handles.keys()) {
        this.#handles.delete(oldest);
        break;
      }
    }
    return handle;
  }

  /** Forgets what was set up in Redis, after Redis has lost it. */
  clear(): void {
    this.#handles.clear();
  }

  /**
   * Keeps BullMQ's housekeeping of a queue small: no event history, and all of it gone a week after
   * the last use (queues named after a worker or a build come and go). Waiting ids never expire.
   */
  async tidy(handle: QueueHandle): Promise<void> {
    const now = performance.now();
    if (handle.takesSinceTrim >= TRIM_AFTER_TAKES) {
      handle.takesSinceTrim = 0;
      await handle.backend.trimEvents(0);
    }
    if (handle.renewedAt !== 0 && now - handle.renewedAt < RENEW_MS) return;
    handle.renewedAt = now;
    await this.#renew(handle).catch((error: unknown) => {
      handle.renewedAt = 0;
      throw error;
    });
  }

  async #renew({ backend }: QueueHandle): Promise<void> {
    await backend.setQueueMeta({ 'opts.maxLenEvents': 0 });
    const { meta, events, id, pc, marker } = backend.keys;
    const pipeline = this.#client.pipeline();
    for (const key of [meta, events, id, pc, marker]) {
      if (key !== undefined) pipeline.expire(key, KEEP_SECONDS);
    }
    await pipeline.exec();
  }

  /** Lets go of the connection, which its owner ends. */
  async close(): Promise<void> {
    this.clear();
    await this.#base.close();
  }
}
