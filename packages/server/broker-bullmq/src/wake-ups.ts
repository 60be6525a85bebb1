/**
 * Who is told when tasks were announced: listeners of this process directly, other processes by a
 * message that each backend carries in its own way (PUBLISH, NOTIFY). Notes between processes travel
 * on the same channel.
 *
 * A message names the queues in full, so that a queue's BullMQ name need not be reversible; a note
 * is an object. Whatever else arrives on the channel is ignored.
 */
import { randomUUID } from 'node:crypto';
import type { Logger } from '@perdure/common';
import { MAX_NOTE_BYTES, type QueueKey } from '@perdure/ports';

interface Subscription {
  readonly listener: (queue: QueueKey) => void;
  readonly missed: (() => void) | undefined;
}

/** The listeners of one broker, and the messages it exchanges with others on its backend. */
export class WakeUps {
  readonly #origin = randomUUID();
  readonly #subscriptions = new Set<Subscription>();
  readonly #noteListeners = new Set<(note: string) => void>();
  readonly #logger: Logger;
  /** Whether messages of other processes arrive. */
  #flowing = false;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** Adds a listener; the result removes it. */
  subscribe(listener: (queue: QueueKey) => void, missed?: () => void): () => void {
    const subscription = { listener, missed };
    this.#subscriptions.add(subscription);
    if (missed && this.#flowing) {
      queueMicrotask(() => this.#subscriptions.has(subscription) && this.#call(missed));
    }
    return () => void this.#subscriptions.delete(subscription);
  }

  /** Adds a listener for notes of other processes; the result removes it. */
  onTold(listener: (note: string) => void): () => void {
    const own = (note: string): void => listener(note);
    this.#noteListeners.add(own);
    return () => void this.#noteListeners.delete(own);
  }

  /** The message that carries a note, or undefined for one that is too long. */
  noteMessage(note: string): string | undefined {
    if (Buffer.byteLength(note) > MAX_NOTE_BYTES) return undefined;
    return JSON.stringify({ from: this.#origin, note });
  }

  /** Wakes this process. A listener that throws is logged and keeps nobody else from waking. */
  announced(queues: readonly QueueKey[]): void {
    for (const { listener } of this.#subscriptions) {
      for (const queue of queues) this.#call(() => listener(queue));
    }
  }

  /** Messages arrive from now on: tells this process that it may have missed some. */
  flows(): void {
    this.#flowing = true;
    for (const { missed } of this.#subscriptions) if (missed) this.#call(missed);
  }

  /** Messages no longer arrive. */
  stops(): void {
    this.#flowing = false;
  }

  /** Stops all calls. */
  clear(): void {
    this.#subscriptions.clear();
    this.#noteListeners.clear();
  }

  /** The messages that wake other processes, each at most `limit` bytes if one queue fits at all. */
  messages(queues: readonly QueueKey[], limit: number): string[] {
    const messages: string[] = [];
    let parts: string[] = [];
    let bytes = 0;
    const head = JSON.stringify(this.#origin);
    const flush = (): void => {
      if (parts.length > 0) messages.push(`[${[head, ...parts].join(',')}]`);
      parts = [];
      bytes = head.length + 2;
    };
    flush();
    for (const { namespaceId, kind, taskQueue } of queues) {
      const part = JSON.stringify([namespaceId, kind, taskQueue]);
      const size = Buffer.byteLength(part) + 1;
      if (bytes + size > limit) flush();
      parts.push(part);
      bytes += size;
    }
    flush();
    return messages;
  }

  /** Takes a message off the channel. One's own is skipped: {@link announced} was called already. */
  received(message: string): void {
    const parsed = parse(message);
    if (!parsed || parsed.origin === this.#origin) return;
    if ('queues' in parsed) return this.announced(parsed.queues);
    for (const listener of this.#noteListeners) this.#call(() => listener(parsed.note));
  }

  #call(callback: () => void): void {
    try {
      callback();
    } catch (error) {
      this.#logger.error('a listener of the broker threw', { error });
    }
  }
}

type Message = { origin: string } & ({ queues: QueueKey[] } | { note: string });

function parse(message: string): Message | undefined {
  let value: unknown;
  try {
    value = JSON.parse(message);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  if ('from' in value && 'note' in value) {
    const { from: origin, note } = value;
    return typeof origin === 'string' && typeof note === 'string' ? { origin, note } : undefined;
  }
  if (!Array.isArray(value) || typeof value[0] !== 'string') return undefined;
  const [origin, ...parts] = value as [string, ...unknown[]];
  return { origin, queues: parts.map(queueKeyOf).filter((queue) => queue !== undefined) };
}

function queueKeyOf(part: unknown): QueueKey | undefined {
  if (!Array.isArray(part)) return undefined;
  const [namespaceId, kind, taskQueue] = part as unknown[];
  if (typeof namespaceId !== 'number' || typeof taskQueue !== 'string') return undefined;
  if (kind !== 'workflow' && kind !== 'activity') return undefined;
  return { namespaceId, kind, taskQueue };
}
