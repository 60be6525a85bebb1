/**
 * The task broker on BullMQ's Postgres backend, for machines without Redis (`perdure dev`).
 *
 * Announcing is BullMQ's: one statement for all tasks and queues. Taking is a statement of ours on
 * BullMQ's `job` table, since BullMQ offers no exclusive take of many: its fetch locks one job at a
 * time, and its "clean" may hand two callers the same jobs. Wake-ups are one NOTIFY a call. Ten
 * times dearer than Redis, and plenty for one machine.
 */
import { randomUUID } from 'node:crypto';
import { type Logger, silentLogger } from '@perdure/common';
import type { AnnouncedTask, QueueKey, TaskBroker } from '@perdure/ports';
import type pg from 'pg';
import { AnnouncingBroker } from '../announcing-broker.ts';
import { groupByQueue, type QueueGroup, slices, takeInSlices } from '../requests.ts';
import { jobIdOf, jobOf, queueNameOf } from '../waiting-job.ts';
import { AnnouncementListener } from './announcement-listener.ts';
import { checkSchemaName } from './broker-schema.ts';
import { PostgresLink, type PostgresSession } from './postgres-link.ts';

/** Options of {@link createPostgresTaskBroker}. */
export interface PostgresTaskBrokerOptions {
  /** `postgres://` address. The user may create a schema, or owns the one that is there. */
  readonly url: string;
  /** Schema of the broker's tables, created if missing. Default `perdure_broker`. */
  readonly schema?: string;
  /** Connections at most, beside one that listens. Default 4. */
  readonly poolSize?: number;
  /**
   * How long a call may wait for a connection, and then for an answer, in milliseconds. Default
   * 2,000. Only the first call, which may have to create the schema, can take longer.
   */
  readonly timeoutMs?: number;
  /** Told when the connection is lost and restored. Default: nobody. */
  readonly logger?: Logger;
}

/** Ids in one statement: bounds its duration. */
const ANNOUNCE_SLICE = 250;
const TAKE_SLICE = 500;
/** Postgres refuses payloads of 8,000 bytes. */
const MAX_MESSAGE_BYTES = 7_900;
const DEFAULT_TIMEOUT_MS = 2_000;
const DEFAULT_POOL_SIZE = 4;

/**
 * Removes and returns the jobs that have waited longest. Rows another taker is about to remove are
 * passed over, so takers never wait for each other and never get the same job. The inner select is
 * an array so that it runs once: as a plain subquery it may run again and lock more.
 */
const takeStatement = `
  WITH taken AS (
    DELETE FROM job
     WHERE queue = $1
       AND id = ANY (ARRAY(
             SELECT id FROM job
              WHERE queue = $1 AND state = 'waiting'
              ORDER BY priority, seq
              LIMIT $2
                FOR UPDATE SKIP LOCKED))
    RETURNING id, seq)
  SELECT id FROM taken ORDER BY seq`;

/**
 * A task broker on Postgres. Returns at once; the connection is made, and the schema brought up to
 * date, in the background.
 */
export function createPostgresTaskBroker(options: PostgresTaskBrokerOptions): TaskBroker {
  return new PostgresTaskBroker(options);
}

class PostgresTaskBroker extends AnnouncingBroker {
  readonly #link: PostgresLink;
  readonly #channel: string;
  readonly #openListener: () => AnnouncementListener;
  #listener: AnnouncementListener | undefined;
  #epoch: string | undefined;

  constructor({
    url,
    schema = 'perdure_broker',
    poolSize = DEFAULT_POOL_SIZE,
    timeoutMs = DEFAULT_TIMEOUT_MS,
    logger = silentLogger,
  }: PostgresTaskBrokerOptions) {
    checkSchemaName(schema);
    super(logger);
    this.#channel = `${schema}_announced`;
    this.#link = new PostgresLink({ url, schema, poolSize, timeoutMs });
    this.#openListener = () =>
      new AnnouncementListener({
        url,
        channel: this.#channel,
        timeoutMs,
        wakeUps: this.wakeUps,
        logger,
      });
    this.quietly(this.#request('connect', () => Promise.resolve()));
  }

  override async announce(tasks: readonly AnnouncedTask[]): Promise<void> {
    for (const slice of slices(tasks, ANNOUNCE_SLICE)) {
      const groups = groupByQueue(slice);
      await this.#request(`announce ${slice.length} tasks`, (session) => addAll(session, groups));
      this.wake(
        groups.map((group) => group.queue),
        MAX_MESSAGE_BYTES,
      );
    }
  }

  override async take(queue: QueueKey, max: number): Promise<string[]> {
    const name = queueNameOf(queue);
    return takeInSlices(max, TAKE_SLICE, (want) =>
      this.#request(`take ${want} tasks`, ({ pool }) => takeSome(pool, name, want)),
    );
  }

  override tell(note: string): void {
    const message = this.wakeUps.noteMessage(note);
    if (message !== undefined && !this.isClosing) this.publish([message]);
  }

  override async intact(): Promise<boolean> {
    this.#listener?.probe();
    const before = this.#epoch;
    const now = await this.#request('ask Postgres for its epoch', ({ pool }) => readEpoch(pool));
    this.#epoch = now;
    return before === undefined || before === now;
  }

  protected override listen(): void {
    this.#listener = this.#openListener();
  }

  protected override async disconnect(): Promise<void> {
    await Promise.all([this.#link.close(), this.#listener?.close()]);
  }

  /** Before anything is asked of a new connection, the epoch it starts from is noted. */
  #request<T>(what: string, work: (session: PostgresSession) => Promise<T>): Promise<T> {
    return this.#link.request(what, async (session) => {
      this.#epoch ??= await readEpoch(session.pool);
      return work(session);
    });
  }

  protected override publish(messages: readonly string[]): void {
    const notified = this.#link.request('wake other processes', ({ pool }) =>
      pool.query({
        name: 'perdure_wake',
        text: 'SELECT pg_notify($1, message) FROM unnest($2::text[]) AS message',
        values: [this.#channel, messages],
      }),
    );
    this.quietly(notified);
  }
}

/** Adds all jobs in one statement: all of them, or none. */
async function addAll({ backend }: PostgresSession, groups: readonly QueueGroup[]): Promise<void> {
  const now = Date.now();
  const entries = groups.flatMap(({ name, taskIds }) =>
    taskIds.map((taskId) => {
      const jobId = jobIdOf(taskId);
      const jobData = jobOf(jobId, now, {});
      return { jobId, jobData, queueName: name, prefix: '', parentKeyOpts: {} };
    }),
  );
  const [first] = await backend.addFlow(entries);
  if (first?.[0]) throw first[0];
}

async function takeSome(pool: pg.Pool, name: string, want: number): Promise<string[]> {
  const { rows } = await pool.query<{ id: string }>({
    name: 'perdure_take',
    text: takeStatement,
    values: [name, want],
  });
  return rows.map((row) => row.id);
}

async function readEpoch(pool: pg.Pool): Promise<string> {
  await pool.query('INSERT INTO broker_epoch (epoch) VALUES ($1) ON CONFLICT DO NOTHING', [
    randomUUID(),
  ]);
  const { rows } = await pool.query<{ epoch: string }>('SELECT epoch FROM broker_epoch');
  return rows[0]?.epoch ?? '';
}
