/**
 * The workflows in memory. Busy ones stay; idle ones are forgotten after a few seconds, or sooner
 * when there are many or they are large: a parked workflow costs a row, no memory (blueprint §5).
 */
import { LRUCache } from 'lru-cache';
import type { WorkflowKey } from '@perdure/ports';
import { ExecutionEntry } from './execution-entry.ts';

/** How long an idle workflow is remembered, in milliseconds. */
const IDLE_MS = 10_000;
/** Most idle workflows remembered. */
const MAX_IDLE = 20_000;
/** Most bytes that idle workflows may take, about. */
const MAX_IDLE_BYTES = 256 * 1024 * 1024;

export class EntryCache {
  readonly #busy = new Map<string, ExecutionEntry>();
  readonly #idle = new LRUCache<string, ExecutionEntry>({
    max: MAX_IDLE,
    ttl: IDLE_MS,
    maxSize: MAX_IDLE_BYTES,
    sizeCalculation: (entry) => entry.weight,
  });
  readonly #sweep: NodeJS.Timeout;

  constructor() {
    this.#sweep = setInterval(() => this.#idle.purgeStale(), IDLE_MS / 2);
    this.#sweep.unref();
  }

  /** Entries that must stay. */
  get busy(): Iterable<ExecutionEntry> {
    return this.#busy.values();
  }

  /** The entry of a workflow, made busy. */
  take(key: WorkflowKey): ExecutionEntry {
    const name = nameOf(key);
    let entry = this.#busy.get(name);
    if (entry) return entry;
    entry = this.#idle.get(name) ?? new ExecutionEntry(key);
    this.#idle.delete(name);
    this.#busy.set(name, entry);
    return entry;
  }

  /** Lets an entry be forgotten, unless it is still busy. */
  settle(entry: ExecutionEntry): void {
    if (entry.busy) return;
    const name = nameOf(entry.key);
    if (this.#busy.get(name) !== entry) return;
    this.#busy.delete(name);
    if (entry.loading === 'loaded') this.#idle.set(name, entry);
  }

  close(): void {
    clearInterval(this.#sweep);
  }
}

function nameOf(key: WorkflowKey): string {
  return `${key.namespaceId}/${key.workflowId}`;
}
