/**
 * Reads workflows into memory, many in one read. A run that cannot be read harms nobody else: it is
 * read alone, and those who want it are told.
 */
import { decodeState } from '@perdure/engine';
import { type ExecutionStore, type StoredExecution, StoreUnavailableError } from '@perdure/ports';
import { readEvent } from '../read-event.ts';
import type { ExecutionEntry } from './execution-entry.ts';

export interface EntryLoaderParts {
  readonly store: ExecutionStore;
  /** Waits before the store is asked again. */
  pause(error: Error, entries: readonly ExecutionEntry[]): Promise<void>;
  /** The run cannot be loaded, whatever one tries. */
  unreadable(entry: ExecutionEntry, error: unknown): void;
}

export class EntryLoader {
  readonly #parts: EntryLoaderParts;

  constructor(parts: EntryLoaderParts) {
    this.#parts = parts;
  }

  /** Never rejects. An entry that the store did not give for now is to be loaded again. */
  async load(entries: readonly ExecutionEntry[]): Promise<void> {
    for (const entry of entries) entry.loading = 'loading';
    await this.#read(entries);
    await Promise.all(entries.filter((entry) => entry.wantsStarted).map(this.#readStarted));
  }

  async #read(entries: readonly ExecutionEntry[]): Promise<void> {
    if (entries.length === 0) return;
    const at = performance.now();
    try {
      const found = await this.#parts.store.loadCurrent(entries.map(({ key }) => key));
      entries.forEach((entry, i) => this.#take(entry, found[i], at));
    } catch (error) {
      if (error instanceof StoreUnavailableError) {
        for (const entry of entries) entry.notLoaded();
        await this.#parts.pause(error, entries);
      } else if (entries.length > 1) {
        for (const entry of entries) await this.#read([entry]);
      } else {
        this.#fail(entries[0]!, error);
      }
    }
  }

  #take(entry: ExecutionEntry, stored: StoredExecution | undefined, at: number): void {
    try {
      const bytes = stored?.state.length ?? 0;
      const run = stored && { state: decodeState(stored.state), version: stored.version, bytes };
      entry.load(run, at);
    } catch (error) {
      this.#fail(entry, error);
    }
  }

  /** Event 1, which the run that follows takes after. */
  readonly #readStarted = async (entry: ExecutionEntry): Promise<void> => {
    const { state, shard, key } = entry;
    if (!state) return;
    const run = { namespaceId: key.namespaceId, shard, runId: state.runId };
    try {
      const event = await readEvent(this.#parts.store, run, 1);
      if (event?.eventType !== 'WorkflowExecutionStarted') throw new Error('event 1 is missing');
      entry.keepStarted(event);
    } catch (error) {
      if (!(error instanceof StoreUnavailableError)) return this.#fail(entry, error);
      entry.notLoaded();
      await this.#parts.pause(error, [entry]);
    }
  };

  #fail(entry: ExecutionEntry, error: unknown): void {
    entry.notLoaded();
    this.#parts.unreadable(entry, error);
  }
}
