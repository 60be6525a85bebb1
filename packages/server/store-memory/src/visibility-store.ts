/** `VisibilityStore` in memory: looks at every run of the namespace. */
import { type ListedExecution, WorkflowExecutionStatus } from '@perdure/common';
import type { ListFilter, ListPage, VisibilityStore } from '@perdure/ports';
import type { Run, RunTable } from './run-table.ts';

/** Lists of runs. */
export class MemoryVisibilityStore implements VisibilityStore {
  readonly #runs: RunTable;

  constructor(runs: RunTable) {
    this.#runs = runs;
  }

  /** See `VisibilityStore.list`. @throws TypeError for a page token that is not ours */
  async list(
    namespaceId: number,
    filter: ListFilter,
    pageSize: number,
    pageToken?: string,
  ): Promise<ListPage> {
    const from = pageToken === undefined ? undefined : positionOf(pageToken);
    const listed = [...this.#runs.all()]
      .filter((run) => run.key.namespaceId === namespaceId)
      .map(listedOf)
      .filter((run) => matches(run, filter) && (!from || latestFirst(from, run) < 0))
      .sort(latestFirst);
    const executions = listed.slice(0, pageSize);
    const last = listed.length > pageSize ? executions.at(-1) : undefined;
    return last ? { executions, nextPageToken: `${last.startTime}:${last.runId}` } : { executions };
  }
}

type Position = Pick<ListedExecution, 'startTime' | 'runId'>;

function latestFirst(a: Position, b: Position): number {
  if (a.startTime !== b.startTime) return b.startTime - a.startTime;
  return a.runId === b.runId ? 0 : a.runId < b.runId ? 1 : -1;
}

function positionOf(pageToken: string): Position {
  const [, startTime, runId] = /^(\d{1,15}):(.{36})$/.exec(pageToken) ?? [];
  if (runId !== undefined) return { startTime: Number(startTime), runId };
  throw new TypeError('wanted a page token of an earlier list; got something else: leave it out');
}

function matches(run: ListedExecution, filter: ListFilter): boolean {
  return (['status', 'workflowType', 'workflowId'] as const).every(
    (field) => filter[field] === undefined || filter[field] === run[field],
  );
}

function listedOf({ key, started, closed }: Run): ListedExecution {
  return {
    workflowId: key.workflowId,
    runId: key.runId,
    workflowType: started.workflowType,
    taskQueue: started.taskQueue,
    status: closed?.status ?? WorkflowExecutionStatus.RUNNING,
    startTime: started.startTime,
    ...(closed && { closeTime: closed.closeTime, historyLength: closed.historyLength }),
  };
}
