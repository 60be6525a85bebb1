/** `TaskBroker` in memory: one backend, any number of brokers on it, each as in another process. */
import { ValueError } from '@perdure/common';
import {
  type AnnouncedTask,
  BrokerUnavailableError,
  MAX_NOTE_BYTES,
  type QueueKey,
  type TaskBroker,
} from '@perdure/ports';

/** What all brokers share. */
export class MemoryBrokerBackend {
  readonly queues = new Map<string, Set<string>>();
  readonly brokers = new Set<MemoryBroker>();
  /** Grows when everything is lost. */
  epoch = 0;
  available = true;
  /** Everything that was told, in order. */
  readonly notes: string[] = [];

  connect(): MemoryBroker {
    const broker = new MemoryBroker(this);
    this.brokers.add(broker);
    return broker;
  }

  /** As FLUSHALL does. */
  wipe(): void {
    this.queues.clear();
    this.epoch += 1;
  }

  begin(): void {
    this.available = false;
  }

  end(): void {
    this.available = true;
    for (const broker of this.brokers) broker.miss();
  }

  get size(): number {
    let size = 0;
    for (const ids of this.queues.values()) size += ids.size;
    return size;
  }
}

interface Listener {
  readonly heard: (queue: QueueKey) => void;
  readonly missed: (() => void) | undefined;
}

export class MemoryBroker implements TaskBroker {
  readonly #backend: MemoryBrokerBackend;
  readonly #listeners = new Set<Listener>();
  readonly #noteListeners = new Set<(note: string) => void>();
  #epoch: number;
  #closed = false;
  /** Called before each take, to hold it back. */
  beforeTake: () => Promise<void> = async () => {};

  constructor(backend: MemoryBrokerBackend) {
    this.#backend = backend;
    this.#epoch = backend.epoch;
  }

  async announce(tasks: readonly AnnouncedTask[]): Promise<void> {
    this.#check();
    const woken = new Map<string, QueueKey>();
    for (const { queue, taskId } of tasks) {
      const name = nameOf(queue);
      let ids = this.#backend.queues.get(name);
      if (!ids) this.#backend.queues.set(name, (ids = new Set()));
      ids.add(taskId);
      woken.set(name, queue);
    }
    for (const broker of this.#backend.brokers) broker.hear([...woken.values()]);
  }

  async take(queue: QueueKey, max: number): Promise<string[]> {
    if (!Number.isInteger(max) || max < 0)
      throw new ValueError(`max must be 0 or more; got ${max}`);
    this.#check();
    await this.beforeTake();
    this.#check();
    const ids = this.#backend.queues.get(nameOf(queue)) ?? new Set();
    const taken = [...ids].slice(0, max);
    for (const id of taken) ids.delete(id);
    return taken;
  }

  onAnnounced(heard: (queue: QueueKey) => void, missed?: () => void): () => void {
    const listener = { heard, missed };
    this.#listeners.add(listener);
    queueMicrotask(() => missed?.());
    return () => this.#listeners.delete(listener);
  }

  tell(note: string): void {
    if (this.#closed || !this.#backend.available || note.length > MAX_NOTE_BYTES) return;
    this.#backend.notes.push(note);
    for (const broker of this.#backend.brokers) if (broker !== this) broker.hearNote(note);
  }

  onTold(listener: (note: string) => void): () => void {
    const own = (note: string): void => listener(note);
    this.#noteListeners.add(own);
    return () => this.#noteListeners.delete(own);
  }

  hearNote(note: string): void {
    for (const told of this.#noteListeners) {
      queueMicrotask(() => {
        try {
          if (this.#noteListeners.has(told)) told(note);
        } catch {
          // A listener's bug is not the teller's.
        }
      });
    }
  }

  async intact(): Promise<boolean> {
    this.#check();
    const intact = this.#epoch === this.#backend.epoch;
    this.#epoch = this.#backend.epoch;
    return intact;
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#backend.brokers.delete(this);
  }

  hear(queues: readonly QueueKey[]): void {
    for (const queue of queues) {
      for (const { heard } of this.#listeners) {
        queueMicrotask(() => {
          try {
            heard(queue);
          } catch {
            // A listener's bug is not the announcer's.
          }
        });
      }
    }
  }

  miss(): void {
    for (const { missed } of this.#listeners) queueMicrotask(() => missed?.());
  }

  #check(): void {
    if (this.#closed) throw new BrokerUnavailableError('closed', 'closed');
    if (!this.#backend.available) throw new BrokerUnavailableError('away', 'disconnected');
  }
}

function nameOf({ namespaceId, taskQueue, kind }: QueueKey): string {
  return `${namespaceId}/${kind}/${taskQueue}`;
}
