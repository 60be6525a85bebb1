import type { Clock } from '@perdure/common';
import type { ExecutionStore, VisibilityStore } from '@perdure/ports';
import type { Committer } from '../commit/committer.ts';

/** What operations work with. */
export interface OperationParts {
  readonly committer: Committer;
  readonly store: ExecutionStore;
  readonly visibility: VisibilityStore;
  readonly clock: Clock;
  /** Nobody else writes to the store. */
  readonly alone: boolean;
  newRunId(): string;
}
