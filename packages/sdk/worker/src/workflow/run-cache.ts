/**
 * The runs that this worker holds, least recently used first out; those idle for long are let go, so
 * that a parked workflow costs no memory. Whatever is let go is replayed when it is needed.
 */
import type { CachedRun } from './cached-run.ts';

export class RunCache {
  readonly #runs = new Map<string, CachedRun>();
  readonly #max: number;
  readonly #idleMs: number;
  readonly #onEvicted: (run: CachedRun) => void;
  readonly #sweep: NodeJS.Timeout;

  constructor(max: number, idleMs: number, onEvicted: (run: CachedRun) => void) {
    this.#max = max;
    this.#idleMs = idleMs;
    this.#onEvicted = onEvicted;
    this.#sweep = setInterval(() => this.#evictIdle(), Math.max(idleMs / 4, 100));
    this.#sweep.unref();
  }

  get size(): number {
    return this.#runs.size;
  }

  /** The run, now the most recently used. One whose thread is gone is let go. */
  use(runId: string): CachedRun | undefined {
    const run = this.#runs.get(runId);
    if (run?.lost) this.evict(run);
    if (!run || run.lost) return undefined;
    this.#runs.delete(runId);
    this.#runs.set(runId, run);
    run.lastUsed = Date.now();
    return run;
  }

  add(run: CachedRun): void {
    this.#runs.set(run.place.runId, run);
  }

  /** Makes room, once nobody is in the middle of something with the run. */
  trim(): void {
    if (this.#runs.size <= this.#max) return;
    for (const run of this.#runs.values()) {
      if (!run.held) this.evict(run);
      if (this.#runs.size <= this.#max) return;
    }
  }

  evict(run: CachedRun): void {
    if (this.#runs.get(run.place.runId) === run) this.#runs.delete(run.place.runId);
    run.dispose();
    this.#onEvicted(run);
  }

  close(): void {
    clearInterval(this.#sweep);
    for (const run of this.#runs.values()) this.evict(run);
  }

  #evictIdle(): void {
    const before = Date.now() - this.#idleMs;
    for (const run of this.#runs.values()) {
      if (run.lastUsed > before && !run.lost) continue;
      if (!run.held) this.evict(run);
    }
  }
}
