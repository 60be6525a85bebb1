/**
 * `ExecutionStore` on Postgres: commits through the flushers, reads and sweeps by statement.
 *
 * The driver reads every value as text. Bytes travel as base64, which costs both sides less than
 * the hexadecimal form that Postgres gives by itself (half, for a page of history).
 */
import {
  type CommitResult,
  type ExecutionStore,
  type ExecutionTransition,
  type HistoryPage,
  type RunRef,
  type StoredExecution,
  type WorkflowKey,
  shardOf,
} from '@perdure/ports';
import { int2Array, int4Array, isUuid, textArray } from './binary-array.ts';
import type { Flusher } from './commit/flusher.ts';
import { type RolePool, scopeOf } from './connections.ts';
import { readHistory } from './read-history.ts';
import { fromStored } from './stored-text.ts';
import { Sweeps } from './sweeps.ts';

const loadCurrent = {
  name: 'load_current',
  text: `select k.i, e.run_id, e.version, encode(e.state, 'base64')
    from unnest($1::int4[], $2::int2[], $3::text[]) with ordinality as k(ns, shard, wf, i)
    join perdure.current_executions c
      on c.namespace_id = k.ns and c.shard = k.shard and c.workflow_id = k.wf
    join perdure.executions e
      on e.namespace_id = c.namespace_id and e.shard = c.shard and e.run_id = c.run_id`,
};

const loadRun = {
  name: 'load_run',
  text: `select workflow_id, version, encode(state, 'base64') from perdure.executions
    where namespace_id = $1 and shard = $2 and run_id = $3`,
};

/** The store of runs. */
export class PostgresExecutionStore implements ExecutionStore {
  readonly #reads: RolePool;
  readonly #flushers: readonly Flusher[];
  readonly #sweeps: Sweeps;

  /**
   * @param flushers one connection each; a run always goes through the same one
   * @param pumps connections that see the outbox and the wake-ups of every tenant
   */
  constructor(reads: RolePool, flushers: readonly Flusher[], pumps: RolePool) {
    this.#reads = reads;
    this.#flushers = flushers;
    this.#sweeps = new Sweeps(pumps);
  }

  async loadCurrent(keys: readonly WorkflowKey[]): Promise<(StoredExecution | undefined)[]> {
    if (keys.length === 0) return [];
    const rows = await this.#reads.run(
      loadCurrent,
      [
        int4Array(keys.map((key) => key.namespaceId)),
        int2Array(keys.map((key) => shardOf(key.namespaceId, key.workflowId))),
        textArray(keys.map((key) => key.workflowId)),
      ],
      scopeOf(keys.map((key) => key.namespaceId)),
    );
    const found: (StoredExecution | undefined)[] = Array.from({ length: keys.length });
    for (const [i, runId, version, stored] of rows as [string, string, number, string][]) {
      const state = Buffer.from(stored, 'base64');
      const { namespaceId, workflowId } = keys[Number(i) - 1]!;
      found[Number(i) - 1] = { namespaceId, workflowId, runId, version, state };
    }
    return found;
  }

  async loadRun({ namespaceId, shard, runId }: RunRef): Promise<StoredExecution | undefined> {
    if (!isUuid(runId)) return undefined;
    const rows = await this.#reads.run(
      loadRun,
      [namespaceId, shard, runId],
      scopeOf([namespaceId]),
    );
    if (!rows[0]) return undefined;
    const [id, version, stored] = rows[0] as [string, number, string];
    const state = Buffer.from(stored, 'base64');
    return { namespaceId, workflowId: fromStored(id), runId: runId.toLowerCase(), version, state };
  }

  async commit(batch: readonly ExecutionTransition[]): Promise<CommitResult[]> {
    const results = batch.map((each) => this.#flusherOf(each).add(each));
    for (const flusher of this.#flushers) flusher.flush();
    return allOf(results);
  }

  readHistory(run: RunRef, fromEventId: number, maxBytes: number): Promise<HistoryPage> {
    return readHistory(this.#reads, run, fromEventId, maxBytes);
  }

  waitingTasks(before: number, limit: number, after?: string): ReturnType<Sweeps['waitingTasks']> {
    return this.#sweeps.waitingTasks(before, limit, after);
  }

  dueRuns(now: number, limit: number): ReturnType<Sweeps['dueRuns']> {
    return this.#sweeps.dueRuns(now, limit);
  }

  nextWakeAt(now: number): Promise<number | undefined> {
    return this.#sweeps.nextWakeAt(now);
  }

  /** Resolves when every transition handed in so far has been answered. */
  async idle(): Promise<void> {
    await Promise.all(this.#flushers.map((flusher) => flusher.idle()));
  }

  #flusherOf({ key }: ExecutionTransition): Flusher {
    const shard = shardOf(key.namespaceId, key.workflowId);
    return this.#flushers[shard % this.#flushers.length]!;
  }
}

/** Waits for every one, so that a failure is told only when nothing of the call flies any more. */
async function allOf<T>(promises: readonly Promise<T>[]): Promise<T[]> {
  const settled = await Promise.allSettled(promises);
  return settled.map((each) => {
    if (each.status === 'rejected') throw each.reason;
    return each.value;
  });
}
