/**
 * The workers of one connection, by channel. A worker is let in asynchronously; what it says
 * meanwhile waits and is heard in order. A channel that is opened again replaces the worker it had.
 */
import { PerdureServiceError } from '@perdure/common';
import type { WorkerConnection } from '@perdure/data-plane';
import type { UpstreamMessage } from '@perdure/protocol';

/** What a worker says once it has introduced itself. */
export type WorkerMessage = Exclude<
  UpstreamMessage,
  { kind: 'call' | 'cancelCall' | 'openWorker' }
>;

/** Most workers of one connection. */
const MAX_WORKERS = 1_000;
/**
 * Most messages kept for workers that are being let in, all told. The SDK sends none; each may be as
 * large as a frame.
 */
const MAX_EARLY = 16;

interface Seat {
  worker: WorkerConnection | undefined;
  early: WorkerMessage[];
}

export class ConnectionWorkers {
  readonly #seats = new Map<number, Seat>();
  readonly #tell: (worker: WorkerConnection, message: WorkerMessage) => void;
  #early = 0;
  #ended = false;

  /** @param tell carries out one message; must not throw */
  constructor(tell: (worker: WorkerConnection, message: WorkerMessage) => void) {
    this.#tell = tell;
  }

  /**
   * Lets a worker in.
   *
   * @param welcome called when it is in, before anything that it said meanwhile is heard
   * @throws PerdureServiceError INVALID_ARGUMENT when the connection has too many workers
   */
  async open(
    channel: number,
    letIn: () => Promise<WorkerConnection>,
    welcome: () => void,
  ): Promise<void> {
    this.#replace(channel);
    if (this.#seats.size >= MAX_WORKERS) throw tooMany();
    const seat: Seat = { worker: undefined, early: [] };
    this.#seats.set(channel, seat);
    try {
      const worker = await letIn();
      if (this.#ended || this.#seats.get(channel) !== seat) return worker.disconnected();
      seat.worker = worker;
      welcome();
      for (const message of this.#earlyOf(seat)) this.hear(message);
    } catch (error) {
      this.#earlyOf(seat);
      if (this.#seats.get(channel) === seat) this.#seats.delete(channel);
      throw error;
    }
  }

  /**
   * A worker says something; one that was refused is not heard.
   *
   * @returns false when it could not be kept: too much was said too early
   */
  hear(message: WorkerMessage): boolean {
    const seat = this.#seats.get(message.channel);
    if (!seat) return true;
    if (!seat.worker) return this.#keep(seat, message);
    if (message.kind === 'closeWorker') this.#seats.delete(message.channel);
    this.#tell(seat.worker, message);
    return true;
  }

  /** The connection is gone; the workers may come back on another. */
  disconnected(): void {
    this.#ended = true;
    for (const { worker } of this.#seats.values()) worker?.disconnected();
    this.#seats.clear();
  }

  #keep(seat: Seat, message: WorkerMessage): boolean {
    if (this.#early >= MAX_EARLY) return false;
    this.#early += 1;
    seat.early.push(message);
    return true;
  }

  #earlyOf(seat: Seat): WorkerMessage[] {
    this.#early -= seat.early.length;
    return seat.early.splice(0);
  }

  #replace(channel: number): void {
    const seat = this.#seats.get(channel);
    if (!seat) return;
    this.#seats.delete(channel);
    this.#earlyOf(seat);
    seat.worker?.disconnected();
  }
}

function tooMany(): PerdureServiceError {
  return new PerdureServiceError(
    'INVALID_ARGUMENT',
    `a connection may have ${MAX_WORKERS} workers; open another connection`,
    { field: 'channel' },
  );
}
