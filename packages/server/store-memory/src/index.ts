/**
 * The store and broker ports in memory: the same rules as on Postgres and Redis, nothing durable.
 * For the time-skipping test environment and for tests of the planes. Each store is a world of its
 * own.
 */
import type {
  ControlStore,
  ExecutionStore,
  LetterStore,
  SessionStore,
  StoredExecution,
  VisibilityStore,
} from '@perdure/ports';
import { MemoryControlStore } from './control-store.ts';
import { MemoryExecutionStore } from './execution-store.ts';
import { MemoryLetterStore } from './letter-store.ts';
import { RunTable } from './run-table.ts';
import { MemorySessionStore } from './session-store.ts';
import { MemoryVisibilityStore } from './visibility-store.ts';

export { MemoryBrokerBackend } from './task-broker.ts';

/** Every port on one set of tables. */
export interface MemoryStore {
  readonly executions: ExecutionStore;
  readonly visibility: VisibilityStore;
  readonly control: ControlStore;
  readonly sessions: SessionStore;
  readonly letters: LetterStore;
  /** Does nothing: there is nothing to end. */
  close(): Promise<void>;
}

export interface MemoryStoreOptions {
  /** Told of each run that was written, before the write returns. */
  onWritten?(execution: StoredExecution): void;
}

/** An empty store. Every call does all its work before it returns its promise. */
export function createMemoryStore(options: MemoryStoreOptions = {}): MemoryStore {
  const runs = new RunTable(({ key, version, state }) =>
    options.onWritten?.({ ...key, version, state }),
  );
  return {
    executions: new MemoryExecutionStore(runs),
    visibility: new MemoryVisibilityStore(runs),
    control: new MemoryControlStore(),
    sessions: new MemorySessionStore(),
    letters: new MemoryLetterStore(),
    close: () => Promise.resolve(),
  };
}
