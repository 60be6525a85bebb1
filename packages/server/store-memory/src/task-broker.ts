/** `TaskBroker` in memory: waiting ids of one process, or of several that a test plays. */
import { ValueError } from '@perdure/common';
import {
  type AnnouncedTask,
  BrokerUnavailableError,
  MAX_NOTE_BYTES,
  type QueueKey,
  type TaskBroker,
} from '@perdure/ports';

interface Listener {
  readonly heard: (queue: QueueKey) => void;
  /** Whether the broker it belongs to is still open. */
  readonly isOpen: () => boolean;
}

/** Hears the notes of other brokers. */
interface NoteListener {
  readonly owner: symbol;
  readonly told: (note: string) => void;
}

/** What waits, and who listens: the part that brokers share. */
export class MemoryBrokerBackend {
  readonly #waiting = new Map<string, Set<string>>();
  readonly #listeners = new Set<Listener>();
  readonly #noteListeners = new Set<NoteListener>();
  #epoch = 0;

  /** A broker on this backend. */
  connect(): TaskBroker {
    const own = Symbol('this broker');
    let closed = false;
    let epoch = this.#epoch;
    const check = (): void => {
      if (closed) throw new BrokerUnavailableError('this broker has been closed', 'closed');
    };
    return {
      announce: async (tasks) => {
        check();
        this.#announce(tasks);
      },
      take: async (queue, max) => {
        check();
        return this.#take(queue, max);
      },
      onAnnounced: (heard, missed) => {
        const listener = { heard, isOpen: () => !closed };
        this.#listeners.add(listener);
        if (missed) queueMicrotask(missed);
        return () => void this.#listeners.delete(listener);
      },
      tell: (note) => {
        if (closed || Buffer.byteLength(note) > MAX_NOTE_BYTES) return;
        for (const { owner, told } of this.#noteListeners) {
          if (owner !== own) queueMicrotask(() => quietly(() => told(note)));
        }
      },
      onTold: (listener) => {
        const told = (note: string): void => {
          if (!closed && this.#noteListeners.has(entry)) listener(note);
        };
        const entry = { owner: own, told };
        this.#noteListeners.add(entry);
        return () => void this.#noteListeners.delete(entry);
      },
      intact: async () => {
        check();
        const intact = epoch === this.#epoch;
        epoch = this.#epoch;
        return intact;
      },
      close: async () => {
        closed = true;
      },
    };
  }

  /** Every id that waits. */
  ids(): string[] {
    return [...this.#waiting.values()].flatMap((ids) => [...ids]);
  }

  /** Forgets everything. */
  wipe(): void {
    this.#waiting.clear();
    this.#epoch += 1;
  }

  #announce(tasks: readonly AnnouncedTask[]): void {
    const queues = new Map<string, QueueKey>();
    for (const { queue, taskId } of tasks) {
      const name = nameOf(queue);
      let ids = this.#waiting.get(name);
      if (!ids) this.#waiting.set(name, (ids = new Set()));
      ids.add(taskId);
      queues.set(name, queue);
    }
    for (const queue of queues.values()) {
      for (const listener of this.#listeners) queueMicrotask(() => this.#tell(listener, queue));
    }
  }

  #take(queue: QueueKey, max: number): string[] {
    if (!Number.isInteger(max) || max < 0) {
      throw new ValueError(`max must be a whole number of 0 or more; got ${max}`);
    }
    const ids = this.#waiting.get(nameOf(queue));
    if (!ids) return [];
    const taken = [...ids].slice(0, max);
    for (const id of taken) ids.delete(id);
    if (ids.size === 0) this.#waiting.delete(nameOf(queue));
    return taken;
  }

  #tell(listener: Listener, queue: QueueKey): void {
    if (!listener.isOpen() || !this.#listeners.has(listener)) return;
    quietly(() => listener.heard(queue));
  }
}

function quietly(call: () => void): void {
  try {
    call();
  } catch {
    // A listener's bug is not the announcer's.
  }
}

function nameOf({ namespaceId, taskQueue, kind }: QueueKey): string {
  return `${namespaceId}/${kind}/${taskQueue}`;
}
