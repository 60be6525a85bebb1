/** `ExecutionStore` in memory. */
import { concatBytes, pack, unpackSequence } from '@perdure/protocol';
import type {
  CommitResult,
  DueRun,
  ExecutionStore,
  ExecutionTransition,
  HistoryPage,
  RunRef,
  StoredExecution,
  WaitingTask,
  WorkflowKey,
} from '@perdure/ports';
import { commitOne } from './commit.ts';
import type { Run, RunTable } from './run-table.ts';

/** Runs of one process. */
export class MemoryExecutionStore implements ExecutionStore {
  readonly #runs: RunTable;

  constructor(runs: RunTable) {
    this.#runs = runs;
  }

  async loadCurrent(keys: readonly WorkflowKey[]): Promise<(StoredExecution | undefined)[]> {
    return keys.map((key) => storedOf(this.#runs.current(key)));
  }

  async loadRun({ namespaceId, runId }: RunRef): Promise<StoredExecution | undefined> {
    return storedOf(this.#runs.get(namespaceId, runId));
  }

  async commit(batch: readonly ExecutionTransition[]): Promise<CommitResult[]> {
    return batch.map((transition) => commitOne(this.#runs, transition));
  }

  async readHistory(run: RunRef, fromEventId: number, maxBytes: number): Promise<HistoryPage> {
    const segments = this.#runs.get(run.namespaceId, run.runId)?.history ?? [];
    const holding = segments.findLastIndex((each) => each.firstEventId <= fromEventId);
    const parts: Uint8Array[] = [];
    let bytes = 0;
    let at = Math.max(holding, 0);
    const first = segments[at]?.firstEventId ?? fromEventId;
    for (; at < segments.length && (parts.length === 0 || bytes < maxBytes); at++) {
      parts.push(segments[at]!.segment);
      bytes += segments[at]!.segment.length;
    }
    const segment = withoutFirst(concatBytes(parts), fromEventId - first);
    const next = segments[at];
    return next ? { segment, nextEventId: next.firstEventId } : { segment };
  }

  async waitingTasks(
    before: number,
    limit: number,
    after?: string,
  ): ReturnType<ExecutionStore['waitingTasks']> {
    const waiting: WaitingTask[] = [];
    for (const { key, shard, tasks } of this.#runs.all()) {
      for (const task of tasks.values()) {
        const ref = { namespaceId: key.namespaceId, shard, runId: key.runId };
        if (task.enqueuedAt <= before) waiting.push({ ...ref, ...task });
      }
    }
    const ordered = waiting
      .map((task) => ({ task, place: placeOf(task) }))
      .filter(({ place }) => after === undefined || place > after)
      .sort((a, b) => (a.place < b.place ? -1 : 1))
      .slice(0, limit);
    const cursor = ordered.length < limit ? undefined : ordered.at(-1)?.place;
    return { tasks: ordered.map(({ task }) => task), cursor };
  }

  async dueRuns(now: number, limit: number): Promise<DueRun[]> {
    const due: DueRun[] = [];
    for (const { key, wakeAt } of this.#runs.all()) {
      if (wakeAt !== 0 && wakeAt <= now) due.push({ ...key, wakeAt });
    }
    return due.sort((a, b) => a.wakeAt - b.wakeAt).slice(0, limit);
  }

  async nextWakeAt(now: number): Promise<number | undefined> {
    let next: number | undefined;
    for (const { wakeAt } of this.#runs.all()) {
      if (wakeAt > now && (next === undefined || wakeAt < next)) next = wakeAt;
    }
    return next;
  }
}

function storedOf(run: Run | undefined): StoredExecution | undefined {
  return run && { ...run.key, version: run.version, state: run.state };
}

/** Orders tasks as text: by time, then by run, then by task. */
function placeOf({
  enqueuedAt,
  runId,
  scheduledEventId,
  attempt,
  namespaceId,
}: WaitingTask): string {
  const time = String(enqueuedAt).padStart(16, '0');
  return [time, namespaceId, runId, scheduledEventId, attempt].join(':');
}

/** Leaves events out at the front: an id in the middle of a segment was asked for. */
function withoutFirst(segment: Uint8Array, count: number): Uint8Array {
  if (count <= 0) return segment;
  return concatBytes(unpackSequence(segment).slice(count).map(pack));
}
