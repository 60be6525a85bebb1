/**
 * Notices that Redis lost data. Two marks must both stay the same: a random value that lives in
 * Redis (gone after FLUSHALL or in a new empty Redis) and the server's own run id (another after a
 * restart, which may have brought back an old snapshot, mark included, or a failover).
 */
import { randomUUID } from 'node:crypto';
import type { Logger } from '@perdure/common';
import type { Redis } from 'ioredis';

/** The marks as one process last saw them. */
export class RedisEpoch {
  readonly #client: Redis;
  readonly #key: string;
  #seen: string | undefined;

  constructor(client: Redis, key: string) {
    this.#client = client;
    this.#key = key;
  }

  /**
   * Remembers the present marks unless some are remembered already. Warns of a Redis that may evict
   * single keys, which no mark would show: a task whose queue is gone but whose job is not would
   * count as waiting for ever.
   */
  async begin(logger: Logger): Promise<void> {
    const now = await this.#read();
    this.#seen ??= now;
    const policy = /^maxmemory_policy:(\S+)/m.exec(await this.#client.info('memory'))?.[1];
    if (policy === undefined || policy === 'noeviction') return;
    logger.warn('Redis may evict keys of the task broker; set maxmemory-policy to noeviction', {
      policy,
    });
  }

  /** Whether the marks are those last seen; remembers the present ones. */
  async unchanged(): Promise<boolean> {
    const now = await this.#read();
    const before = this.#seen ?? now;
    this.#seen = now;
    return before === now;
  }

  async #read(): Promise<string> {
    const results = await this.#client
      .pipeline()
      .set(this.#key, randomUUID(), 'NX')
      .get(this.#key)
      .info('server')
      .exec();
    const [epoch, info] = (results ?? []).slice(1).map(([error, value]) => {
      if (error) throw error;
      return String(value);
    });
    const runId = /^run_id:(\w+)/m.exec(info ?? '')?.[1] ?? '';
    return `${epoch}/${runId}`;
  }
}
