/**
 * Where runs are kept. The one place of truth: whatever `commit` has answered `committed` survives
 * the death of every process at that instant.
 *
 * Namespaces bound every key: an implementation gives a caller only rows of the namespace it names.
 */
import type { WorkflowExecutionStatus } from '@perdure/common';
import type { OutboxTask } from '@perdure/engine';

/** Names a workflow: whichever of its runs is current. */
export interface WorkflowKey {
  readonly namespaceId: number;
  readonly workflowId: string;
}

/** Names one run. */
export interface RunKey extends WorkflowKey {
  readonly runId: string;
}

/** Names one run where the workflow id is not at hand; `shard` is `shardOf` of its workflow. */
export interface RunRef {
  readonly namespaceId: number;
  readonly shard: number;
  readonly runId: string;
}

/** A stored run. */
export interface StoredExecution extends RunKey {
  /** Grows by one with each transition. */
  readonly version: number;
  /** The engine's encoding of its state. */
  readonly state: Uint8Array;
}

/** What a list shows of a run from its start on. */
export interface StartedFacts {
  readonly workflowType: string;
  readonly taskQueue: string;
  readonly startTime: number;
  /**
   * The closed run this one follows under the same workflow id, as last read; absent for the first
   * run of an id. The start is refused if another run has become current meanwhile.
   */
  readonly replacesRunId?: string;
}

/** What a list shows of a run once it has closed. */
export interface ClosedFacts {
  readonly status: WorkflowExecutionStatus;
  readonly closeTime: number;
  readonly historyLength: number;
}

/** One atomic change of one run: all of it is stored, or none. */
export interface ExecutionTransition {
  readonly key: RunKey;
  /** Version the change was decided on; 0 for a new run. */
  readonly expectedVersion: number;
  readonly state: Uint8Array;
  /** Events to append, encoded; absent when only volatile facts changed. */
  readonly history?: { readonly firstEventId: number; readonly segment: Uint8Array };
  /** Present exactly when expectedVersion is 0. */
  readonly started?: StartedFacts;
  readonly closed?: ClosedFacts;
  readonly addTasks: readonly OutboxTask[];
  readonly removeTasks: readonly OutboxTask[];
  /** Moves the run's wake-up; 0 means none. */
  readonly wake?: { readonly from: number; readonly to: number };
  /** Ids of the requests this change answers; if one was stored before, nothing is. */
  readonly requestIds: readonly string[];
  /**
   * The first transition of the run that follows this one, which closes: stored with it or not at
   * all. Not on a transition that starts a run. Its `started.replacesRunId` is the run of this one.
   */
  readonly next?: ExecutionTransition;
}

/** What became of one transition of a batch. */
export type CommitResult =
  | { readonly kind: 'committed' }
  /** The run has moved on (or, for a start, another run is current): load and decide again. */
  | { readonly kind: 'conflict' }
  /** These request ids were answered before: drop their commands and decide the rest again. */
  | { readonly kind: 'duplicateRequest'; readonly requestIds: readonly string[] };

/** A stretch of history. */
export interface HistoryPage {
  /** Encoded events from the id asked for on (joined segments). */
  readonly segment: Uint8Array;
  /** Id to go on from; absent at the end. */
  readonly nextEventId?: number;
}

/** A task that waits in the outbox. */
export interface WaitingTask extends RunRef, OutboxTask {}

/** A run whose wake-up time has come. */
export interface DueRun extends RunKey {
  readonly wakeAt: number;
}

/** Position in a sweep over the outbox; opaque to callers. */
export type SweepCursor = string;

/** The store of runs, their histories, their outbox and their wake-ups. */
export interface ExecutionStore {
  /** The current run of each workflow, or undefined where there is none. */
  loadCurrent(keys: readonly WorkflowKey[]): Promise<(StoredExecution | undefined)[]>;
  /** One run, current or not. */
  loadRun(run: RunRef): Promise<StoredExecution | undefined>;
  /**
   * Commits transitions of different workflows, each on its own terms, in one round trip.
   * At most one transition per workflow id in a batch.
   *
   * @throws Error when one cannot be stored, e.g. a start under the id of a run that is there; others
   *   of the batch may have been
   * @throws StoreUnavailableError when it is not known what was committed: load again
   */
  commit(batch: readonly ExecutionTransition[]): Promise<CommitResult[]>;
  /** Events of a run from `fromEventId` on, about `maxBytes` at most, at least one batch. */
  readHistory(run: RunRef, fromEventId: number, maxBytes: number): Promise<HistoryPage>;
  /** Outbox tasks enqueued at or before `before`, oldest first. */
  waitingTasks(
    before: number,
    limit: number,
    after?: SweepCursor,
  ): Promise<{ tasks: WaitingTask[]; cursor: SweepCursor | undefined }>;
  /** Runs to wake at or before `now`, earliest first, not counting those in `except`. */
  dueRuns(now: number, limit: number): Promise<DueRun[]>;
  /** Earliest wake-up after `now`, or undefined. */
  nextWakeAt(now: number): Promise<number | undefined>;
}

/** The store could not be reached or broke off; the outcome of a write is unknown. */
export class StoreUnavailableError extends Error {
  override readonly name = 'StoreUnavailableError';
}
