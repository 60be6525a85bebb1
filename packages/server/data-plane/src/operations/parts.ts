import type { Clock } from '@perdure/common';
import type { ExecutionState } from '@perdure/engine';
import type { ExecutionStore, QueueKey, VisibilityStore } from '@perdure/ports';
import type { Committer } from '../commit/committer.ts';
import type { WorkerSession } from '../matching/worker-session.ts';
import type { WaitingQueries } from './query-workflow/waiting-queries.ts';

/** What operations work with. */
export interface OperationParts {
  readonly committer: Committer;
  readonly store: ExecutionStore;
  readonly visibility: VisibilityStore;
  readonly clock: Clock;
  /** Nobody else writes to the store. */
  readonly alone: boolean;
  readonly waitingQueries: WaitingQueries;
  newRunId(): string;
  /** A connected worker that can answer for a run: the one that has it cached, else any. */
  workerFor(namespaceId: number, state: ExecutionState): WorkerSession | undefined;
  /** The types that the connected workers of a queue serve. */
  typesServed(this: void, key: QueueKey): ReadonlySet<string>;
}
