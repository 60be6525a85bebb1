/**
 * The task broker on BullMQ's Redis backend, for production.
 *
 * A waiting id is a BullMQ job without content. Announcing adds jobs (one script each, pipelined);
 * BullMQ ignores the id of a job that exists. All jobs have priority 1, which keeps them in a
 * sorted set in order of arrival. Taking is BullMQ's "clean": one script that removes the oldest
 * jobs and returns their ids, so a take of any size is one atomic round trip that leaves no trace,
 * and no lock that a dying process could hold. (BullMQ's own fetch, one job at a time with a lock,
 * costs forty times the CPU, and cleaning the plain waiting list slows down with its length.)
 */
import { type Logger, silentLogger } from '@perdure/common';
import type { AnnouncedTask, QueueKey, TaskBroker } from '@perdure/ports';
import { AnnouncingBroker } from '../announcing-broker.ts';
import { groupByQueue, type QueueGroup, slices, takeInSlices } from '../requests.ts';
import { jobIdOf, jobOf, queueNameOf } from '../waiting-job.ts';
import { type QueueHandle, QueueHandles } from './queue-handles.ts';
import { RedisEpoch } from './redis-epoch.ts';
import { RedisLink } from './redis-link.ts';

/** Options of {@link createRedisTaskBroker}. */
export interface RedisTaskBrokerOptions {
  /** `redis://` or `rediss://` address. */
  readonly url: string;
  /** First part of every key and of the channel. Default `perdure`. */
  readonly prefix?: string;
  /**
   * How long a call may wait for a connection, and then for an answer, in milliseconds. Default
   * 1,000, so a call never takes longer than about two seconds.
   */
  readonly timeoutMs?: number;
  /** Told when the connection is lost and restored. Default: nobody. */
  readonly logger?: Logger;
}

/** Ids announced at a time: bounds memory and the wait for an answer when a sweep announces all. */
const ANNOUNCE_SLICE = 250;
/** Up to so many ids are sent as commands of their own: making a pipeline costs 100 µs. */
const SINGLE_ADDS = 3;
/** Ids in one take script: bounds how long it keeps Redis from others (about 10 ms). */
const TAKE_SLICE = 500;
/** Later than any job's time; scripts compare it as a string of 13 digits. */
const ANY_AGE = 9_999_999_999_999;
const MAX_MESSAGE_BYTES = 1_000_000;
const DEFAULT_TIMEOUT_MS = 1_000;

/**
 * A task broker on Redis. Returns at once; the connection is made, and kept up, in the background,
 * and Redis need not run yet.
 */
export function createRedisTaskBroker(options: RedisTaskBrokerOptions): TaskBroker {
  return new RedisTaskBroker(options);
}

class RedisTaskBroker extends AnnouncingBroker {
  readonly #link: RedisLink;
  readonly #queues: QueueHandles;
  readonly #epoch: RedisEpoch;
  readonly #channel: string;
  readonly #openSubscriber: () => RedisLink;
  #subscriber: RedisLink | undefined;

  constructor({
    url,
    prefix = 'perdure',
    timeoutMs = DEFAULT_TIMEOUT_MS,
    logger = silentLogger,
  }: RedisTaskBrokerOptions) {
    super(logger);
    this.#channel = `${prefix}:announced`;
    const onReady = (): void => this.quietly(this.#epoch.begin(logger));
    this.#link = new RedisLink({ url, timeoutMs, logger, onReady });
    this.#queues = new QueueHandles(this.#link.client, prefix);
    this.#epoch = new RedisEpoch(this.#link.client, `${prefix}:epoch`);
    this.#openSubscriber = () => {
      const link = new RedisLink({ url, timeoutMs, logger, onReady: () => this.#listen(link) });
      link.client.on('message', (_channel, message: string) => this.wakeUps.received(message));
      link.client.on('close', () => this.wakeUps.stops());
      return link;
    };
  }

  override async announce(tasks: readonly AnnouncedTask[]): Promise<void> {
    for (const slice of slices(tasks, ANNOUNCE_SLICE)) {
      const groups = groupByQueue(slice);
      await this.#link.request(`announce ${slice.length} tasks`, () =>
        Promise.all(groups.map((group) => this.#add(group))),
      );
      this.wake(
        groups.map((group) => group.queue),
        MAX_MESSAGE_BYTES,
      );
    }
  }

  override async take(queue: QueueKey, max: number): Promise<string[]> {
    return takeInSlices(max, TAKE_SLICE, (want) => this.#takeSome(queue, want));
  }

  override tell(note: string): void {
    const message = this.wakeUps.noteMessage(note);
    if (message === undefined || this.#link.client.status !== 'ready') return;
    this.publish([message]);
  }

  override async intact(): Promise<boolean> {
    // A subscriber says nothing by itself, so a connection that died silently would go unnoticed.
    if (this.#subscriber?.client.status === 'ready') this.quietly(this.#subscriber.client.ping());
    const unchanged = await this.#link.request('ask Redis for its epoch', () =>
      this.#epoch.unchanged(),
    );
    if (!unchanged) this.#queues.clear();
    return unchanged;
  }

  protected override listen(): void {
    this.#subscriber = this.#openSubscriber();
  }

  protected override publish(messages: readonly string[]): void {
    for (const message of messages) {
      this.quietly(this.#link.client.publish(this.#channel, message));
    }
  }

  protected override async disconnect(): Promise<void> {
    await Promise.all([this.#link.close(), this.#subscriber?.close()]);
    await this.#queues.close();
  }

  async #add({ name, taskIds }: QueueGroup): Promise<void> {
    const handle = this.#queues.get(name);
    const now = Date.now();
    const entries = taskIds.map((taskId) => {
      const jobId = jobIdOf(taskId);
      return { jobId, job: jobOf(jobId, now, { priority: 1 }) };
    });
    if (entries.length <= SINGLE_ADDS) {
      await Promise.all(entries.map(({ job, jobId }) => handle.backend.addJob(job, jobId)));
    } else {
      await handle.backend.addJobs(entries);
    }
    this.#tidy(handle);
  }

  async #takeSome(queue: QueueKey, want: number): Promise<string[]> {
    const handle = this.#queues.get(queueNameOf(queue));
    const ids = await this.#link.request(`take ${want} tasks`, () =>
      handle.backend.cleanJobsByState('prioritized', ANY_AGE, want),
    );
    handle.takesSinceTrim += 1;
    this.#tidy(handle);
    return ids;
  }

  #tidy(handle: QueueHandle): void {
    this.quietly(this.#queues.tidy(handle));
  }

  #listen(link: RedisLink): void {
    link.client.subscribe(this.#channel).then(
      () => this.wakeUps.flows(),
      (error: unknown) => this.log('warn', 'no wake-ups from Redis for now', error),
    );
  }
}
