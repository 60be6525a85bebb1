import type { Clock } from '@perdure/common';
import type { ExecutionStore, QueueKey, VisibilityStore } from '@perdure/ports';
import type { Committer } from '../commit/committer.ts';
import type { LetterOffice } from '../letters/letter-office.ts';
import type { QueryDesk } from '../queries/query-desk.ts';
import type { WaitingQueries } from '../queries/waiting-queries.ts';

/** What operations work with. */
export interface OperationParts {
  readonly committer: Committer;
  readonly store: ExecutionStore;
  readonly visibility: VisibilityStore;
  readonly clock: Clock;
  /** Nobody else writes to the store. */
  readonly alone: boolean;
  readonly waitingQueries: WaitingQueries;
  readonly queryDesk: QueryDesk;
  /** Undefined when this server is alone. */
  readonly letterOffice: LetterOffice | undefined;
  newRunId(): string;
  /** The types that the connected workers of a queue serve. */
  typesServed(this: void, key: QueueKey): ReadonlySet<string>;
}
