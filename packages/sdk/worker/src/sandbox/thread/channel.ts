/**
 * Messages between the worker's main thread and a workflow thread, faster than `postMessage`: the
 * bytes of a message lie in shared memory, and whoever waits for it is woken by a futex, so that a
 * round trip costs a fraction of a turn of the event loop.
 *
 * Each direction has a count of the messages sent and one slot of shared memory. A message that is
 * too large for the slot, or finds it taken, goes by the port instead; the receiver takes messages in
 * the order of their numbers, wherever they lie: each exactly once.
 *
 * The workflow thread waits by {@link Endpoint.wait} alone. Main waits so for a short while at most,
 * else its event loop is told by the port (a message `null` means: look at the slot).
 */
import { MessageChannel, type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import { type RecordStream, recordStream } from '@perdure/protocol/record-stream';
import { printable } from './printable.ts';

/** Larger messages go by the port. */
const SLOT_BYTES = 64 * 1024;

/** Cells of a direction, 32 bits each. */
const SENT = 0;
/** Number of the message in the slot; 0 while it is free. */
const TAKEN_BY = 1;
const LENGTH = 2;
/** Whether the sender began a new record stream with the message. */
const AFRESH = 3;
/** Whether the receiver waits for a message by futex. */
const WAITING = 4;
const CELLS = 5;

interface Direction {
  readonly cells: Int32Array;
  readonly slot: Uint8Array;
}

/** What a workflow thread is given to talk to main. Goes by `workerData`, the port transferred. */
export interface ChannelEnd {
  readonly incoming: Direction;
  readonly outgoing: Direction;
  readonly port: MessagePort;
}

/** A channel: main's end and the workflow thread's. */
export function createChannel(): { readonly main: Endpoint; readonly thread: ChannelEnd } {
  const [down, up] = [direction(), direction()];
  const { port1, port2 } = new MessageChannel();
  return {
    main: new Endpoint({ incoming: up, outgoing: down, port: port1 }),
    thread: { incoming: down, outgoing: up, port: port2 },
  };
}

function direction(): Direction {
  return {
    cells: new Int32Array(new SharedArrayBuffer(CELLS * Int32Array.BYTES_PER_ELEMENT)),
    slot: new Uint8Array(new SharedArrayBuffer(SLOT_BYTES)),
  };
}

/** A message that went by the port. */
interface PortMessage {
  readonly bytes: Uint8Array;
  readonly afresh: boolean;
}

/** One end of a channel. */
export class Endpoint {
  readonly #incoming: Direction;
  readonly #outgoing: Direction;
  readonly #port: MessagePort;
  /** Messages of the port that the event loop took out of it. */
  readonly #arrived: PortMessage[] = [];
  /** A copy of the slot: decoders keep views of what they read, and know no shared memory. */
  readonly #scratch = new Uint8Array(SLOT_BYTES);
  #writer: RecordStream = recordStream();
  #reader: RecordStream = recordStream();
  #received = 0;

  constructor({ incoming, outgoing, port }: ChannelEnd) {
    this.#incoming = incoming;
    this.#outgoing = outgoing;
    this.#port = port;
  }

  /** Whether the other end has taken what was put into the slot last. */
  get slotIsFree(): boolean {
    return Atomics.load(this.#outgoing.cells, TAKEN_BY) === 0;
  }

  /** Calls back, in turns of the event loop, when there may be messages; keeps no process alive. */
  onMessage(listener: () => void): void {
    this.#port.on('message', (message: PortMessage | null) => {
      if (message) this.#arrived.push(message);
      listener();
    });
    this.#port.unref();
  }

  /** Keeps the process alive while an answer is due. */
  holdProcess(held: boolean): void {
    if (held) this.#port.ref();
    else this.#port.unref();
  }

  close(): void {
    this.#port.close();
  }

  /**
   * Sends a message: plain data. What is none of that is replaced by text.
   *
   * @param mustPoke whether the other end may be in its event loop; then it is told by the port
   */
  send(value: unknown, mustPoke = false): void {
    const { cells, slot } = this.#outgoing;
    const { bytes, afresh } = this.#pack(value);
    const number = following(Atomics.load(cells, SENT));
    const inSlot = bytes.length <= SLOT_BYTES && this.slotIsFree;
    if (inSlot) {
      slot.set(bytes);
      cells[LENGTH] = bytes.length;
      cells[AFRESH] = Number(afresh);
      Atomics.store(cells, TAKEN_BY, number);
    } else {
      const own = new Uint8Array(bytes);
      this.#port.postMessage({ bytes: own, afresh } satisfies PortMessage, [own.buffer]);
    }
    Atomics.store(cells, SENT, number);
    Atomics.notify(cells, SENT);
    // After the count: who stops waiting looks at the count once more.
    if (mustPoke && Atomics.load(cells, WAITING) === 0) this.#port.postMessage(null);
  }

  /** The next message, or undefined when none is there. */
  receive(): unknown {
    const { cells } = this.#incoming;
    if (Atomics.load(cells, SENT) === this.#received) return undefined;
    this.#received = following(this.#received);
    return Atomics.load(cells, TAKEN_BY) === this.#received ? this.#fromSlot() : this.#fromPort();
  }

  /**
   * Blocks the thread until there is a message, or for so long.
   *
   * @returns whether there is one
   */
  wait(ms?: number): boolean {
    const { cells } = this.#incoming;
    Atomics.store(cells, WAITING, 1);
    Atomics.wait(cells, SENT, this.#received, ms);
    Atomics.store(cells, WAITING, 0);
    return Atomics.load(cells, SENT) !== this.#received;
  }

  #fromSlot(): unknown {
    const { cells, slot } = this.#incoming;
    const length = cells[LENGTH]!;
    const afresh = cells[AFRESH] === 1;
    this.#scratch.set(length === SLOT_BYTES ? slot : slot.subarray(0, length));
    Atomics.store(cells, TAKEN_BY, 0);
    return this.#unpack(this.#scratch, length, afresh);
  }

  #fromPort(): unknown {
    const { bytes, afresh } = this.#arrived.shift() ?? this.#nextOfPort();
    return this.#unpack(bytes, bytes.length, afresh);
  }

  #nextOfPort(): PortMessage {
    for (;;) {
      const next = receiveMessageOnPort(this.#port) as { message: PortMessage | null } | undefined;
      if (!next) throw new Error(`message ${this.#received} was counted and is not there`);
      if (next.message) return next.message;
    }
  }

  #unpack(bytes: Uint8Array, length: number, afresh: boolean): unknown {
    if (afresh) this.#reader = recordStream();
    return this.#reader.unpack(bytes, length);
  }

  #pack(value: unknown): { readonly bytes: Uint8Array; readonly afresh: boolean } {
    try {
      return { bytes: this.#writer.pack(value), afresh: false };
    } catch {
      // The stream may have noted shapes that were never sent.
      this.#writer = recordStream();
      return { bytes: this.#writer.pack(printable(value)), afresh: true };
    }
  }
}

/** The number after a number: 32 bits wide, and never 0. */
export function following(number: number): number {
  return (number + 1) | 0 || 1;
}
