/**
 * Word of updates between servers. Whoever waits here for an update that a worker of another server
 * is to do asks the others to say when something becomes of it; whoever is asked listens to its own
 * commits of that workflow for as long as a caller waits. Nothing else is ever said, and nothing is
 * relied on: who waits also looks every second.
 */
import type { ExecutionState } from '@perdure/engine';
import type { WorkflowKey } from '@perdure/ports';
import type { Note } from './note.ts';

/** How long commits are listened to for others: as long as a caller waits. */
const FOLLOWED_MS = 20_000;
/** Most workflows that are listened to for others: each is kept in memory. */
const MOST_FOLLOWED = 1_000;

/** Hears of commits by this server that have something to say of updates, until `stop`. */
export type WatchUpdates = (key: WorkflowKey, listener: () => void) => { stop(): void };

export interface UpdateFollowersParts {
  readonly watchUpdates: WatchUpdates;
  hasSession(this: void, namespaceId: number, sessionId: string): boolean;
  servesQueue(this: void, namespaceId: number, taskQueue: string): boolean;
}

export class UpdateFollowers {
  readonly #parts: UpdateFollowersParts;
  readonly #tell: (note: Note) => void;
  /** Who waits here, by workflow. */
  readonly #waiting = new Map<string, Set<() => void>>();
  /** What others wait for, by workflow: how to end it. */
  readonly #followed = new Map<string, () => void>();

  constructor(parts: UpdateFollowersParts, tell: (note: Note) => void) {
    this.#parts = parts;
    this.#tell = tell;
  }

  /** Waits for word from others, unless the worker that has the run's task is connected here. */
  follow(key: WorkflowKey, state: ExecutionState, stirred: () => void): () => void {
    const { hasSession } = this.#parts;
    const session = state.workflowTask?.session;
    if (session !== undefined && hasSession(key.namespaceId, session)) return () => {};
    const name = nameOf(key);
    const waiting = this.#waiting.get(name) ?? new Set();
    this.#waiting.set(name, waiting.add(stirred));
    this.#tell({ kind: 'follow', key, taskQueue: state.taskQueue });
    return () => {
      waiting.delete(stirred);
      if (waiting.size === 0 && this.#waiting.get(name) === waiting) this.#waiting.delete(name);
    };
  }

  /** Another server waits for an update of a workflow. */
  asked(key: WorkflowKey, taskQueue: string): void {
    const name = nameOf(key);
    if (!this.#parts.servesQueue(key.namespaceId, taskQueue)) return;
    this.#followed.get(name)?.();
    if (this.#followed.size >= MOST_FOLLOWED) return;
    const watch = this.#parts.watchUpdates(key, () => this.#tell({ kind: 'stirred', key }));
    const end = (): void => {
      clearTimeout(timer);
      watch.stop();
      this.#followed.delete(name);
    };
    const timer = setTimeout(end, FOLLOWED_MS);
    timer.unref();
    this.#followed.set(name, end);
  }

  /** Something has become of an update of a workflow, at another server. */
  stirred(key: WorkflowKey): void {
    for (const stirred of this.#waiting.get(nameOf(key)) ?? []) stirred();
  }

  stop(): void {
    for (const end of this.#followed.values()) end();
  }
}

function nameOf({ namespaceId, workflowId }: WorkflowKey): string {
  return `${namespaceId}/${workflowId}`;
}
