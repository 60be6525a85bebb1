/**
 * Where the ids of tasks wait until some process has a worker for them, and where processes drop
 * each other a word.
 *
 * A broker holds hints, never the record. Postgres knows every task, and starting one is a
 * compare-and-set there, so a broker may lose what it holds, or hand an id out twice, and nothing
 * is lost or done twice: whoever sweeps Postgres announces again. What a broker does promise is
 * speed, order within a queue, and that it answers or fails soon: it never hangs.
 */
import { defineSymbolErrorClass } from '@perdure/common';

/** What a waiting task is: a workflow task or an activity task. */
export type TaskKind = 'workflow' | 'activity';

/** Names one queue of waiting task ids. Queues of two keys never share an id. */
export interface QueueKey {
  readonly namespaceId: number;
  /** Any string of up to 1,000 bytes; users choose it. */
  readonly taskQueue: string;
  readonly kind: TaskKind;
}

/** A task that waits for a worker, as the broker sees it. */
export interface AnnouncedTask {
  readonly queue: QueueKey;
  /** Opaque ASCII of up to ~120 characters, unique within its queue. */
  readonly taskId: string;
}

/** Longest note that can be told. */
export const MAX_NOTE_BYTES = 3_000;

/** Hands ids of waiting tasks from the process that committed them to one with a free worker. */
export interface TaskBroker {
  /**
   * Announces that these tasks wait: ids only, at least once, in this order within a queue. An id
   * that already waits keeps its place, but its queue is woken again. One round trip as far as the
   * backend can. If it rejects, some of the ids may wait and some not: announce all of them again.
   *
   * @throws BrokerUnavailableError
   */
  announce(tasks: readonly AnnouncedTask[]): Promise<void>;

  /**
   * Takes the `max` ids that have waited longest, or all there are, without blocking. A taken id is
   * gone from the broker and can be announced again; no other caller gets it. Ids whose caller dies
   * before it has started them, or whose call failed, are announced again by the sweep.
   *
   * @throws ValueError if `max` is not a whole number of 0 or more
   * @throws BrokerUnavailableError
   */
  take(queue: QueueKey, max: number): Promise<string[]>;

  /**
   * Calls `listener` soon after a process, this one included, announced tasks on a queue: the time
   * to take, so that nobody polls. A wake-up can be lost with a connection: `missed` is called
   * once when wake-ups begin to arrive and again whenever some may have been lost. Whoever has a
   * free worker should then try its queues.
   *
   * @returns ends the subscription
   */
  onAnnounced(listener: (queue: QueueKey) => void, missed?: () => void): () => void;

  /**
   * Says something to all other processes that listen: a hint, of ids and no payloads, that may be
   * lost without a trace, or overtake another. Returns at once and never throws.
   *
   * @param note up to {@link MAX_NOTE_BYTES} of UTF-8; a longer one is not said
   */
  tell(note: string): void;

  /**
   * Calls `listener` with what other processes tell, soon after. It need not be well-formed: whoever
   * shares the backend can tell.
   *
   * @returns ends the subscription
   */
  onTold(listener: (note: string) => void): () => void;

  /**
   * False if the broker may have lost ids since the last call (since it connected, for the first):
   * emptied, replaced, restarted or failed over. Then announce again everything that waits in
   * Postgres. Each process gets its own answer. Ask on each sweep, and when `missed` is called.
   *
   * @throws BrokerUnavailableError
   */
  intact(): Promise<boolean>;

  /** Ends all connections. Later calls reject; closing again does nothing. */
  close(): Promise<void>;
}

/**
 * Why a broker could not do what it was asked: `disconnected` (no connection for a while),
 * `timeout` (no answer in time), `failed` (it answered with an error), `closed` (by `close`).
 */
export type BrokerUnavailableReason = 'disconnected' | 'timeout' | 'failed' | 'closed';

/**
 * The broker did not do what it was asked, or did not say so in time. Nothing is lost: carry on,
 * and let the sweep announce again.
 *
 * @example
 * try {
 *   await broker.announce(tasks);
 * } catch (error) {
 *   if (!(error instanceof BrokerUnavailableError)) throw error;
 *   sweepSoon();
 * }
 */
export class BrokerUnavailableError extends Error {
  readonly code = 'BROKER_UNAVAILABLE';
  readonly reason: BrokerUnavailableReason;
  constructor(message: string, reason: BrokerUnavailableReason, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.reason = reason;
  }
}
defineSymbolErrorClass('BrokerUnavailableError')(BrokerUnavailableError);
