/** The runs of a namespace, fetched as one goes, and their histories. */
import type { ListedExecution, WorkflowExecutionStatus } from '@perdure/common';
import type { HistoryEvent } from '@perdure/protocol';
import type { ClientParts } from './client-parts.ts';
import { withOrigin } from './history-origin.ts';

export interface ListOptions {
  status?: WorkflowExecutionStatus;
  workflowType?: string;
  workflowId?: string;
  /** Rows per round trip. Default 100, at most 1,000. */
  pageSize?: number;
}

export interface IntoHistoriesOptions {
  /** Histories fetched at a time. Default 5. */
  concurrency?: number;
  /** Most histories fetched ahead of the reader. Default: `concurrency`. */
  bufferLimit?: number;
}

/** A history as `Worker.runReplayHistories` takes it. */
export interface HistoryAndWorkflowId {
  readonly workflowId: string;
  readonly history: { readonly events: HistoryEvent[] };
}

/** Runs, latest start first. Each iteration asks anew. */
export interface AsyncWorkflowListIterable extends AsyncIterable<ListedExecution> {
  /**
   * The histories of these runs, in their order.
   *
   * @example
   * ```ts
   * const histories = client.workflow.list({ workflowType: 'order' }).intoHistories();
   * for await (const { error } of Worker.runReplayHistories({ workflowsPath }, histories)) {
   *   if (error) throw error;
   * }
   * ```
   */
  intoHistories(options?: IntoHistoriesOptions): AsyncIterable<HistoryAndWorkflowId>;
}

/** Lists runs; nothing is asked before one begins to iterate. */
export function listWorkflows(parts: ClientParts, options: ListOptions): AsyncWorkflowListIterable {
  const rows = () => rowsOf(parts, options);
  return {
    [Symbol.asyncIterator]: rows,
    intoHistories: (how = {}) => historiesOf(parts, rows(), how),
  };
}

async function* rowsOf(
  parts: ClientParts,
  options: ListOptions,
): AsyncGenerator<ListedExecution, void> {
  const { namespace } = parts;
  let pageToken: string | undefined;
  do {
    const page = await parts.call({}, 'listWorkflows', { ...options, namespace, pageToken });
    yield* page.executions;
    pageToken = page.nextPageToken;
  } while (pageToken !== undefined);
}

async function* historiesOf(
  parts: ClientParts,
  rows: AsyncIterable<ListedExecution>,
  { concurrency = 5, bufferLimit = concurrency }: IntoHistoriesOptions,
): AsyncGenerator<HistoryAndWorkflowId, void> {
  const ahead = Math.max(Math.min(concurrency, bufferLimit), 1);
  const fetched: Promise<HistoryAndWorkflowId>[] = [];
  for await (const row of rows) {
    const history = fetchOne(parts, row);
    // One that fails is heard of when its turn comes, if the reader gets that far.
    history.catch(() => {});
    fetched.push(history);
    if (fetched.length >= ahead) yield fetched.shift()!;
  }
  yield* fetched;
}

async function fetchOne(
  parts: ClientParts,
  { workflowId, runId }: ListedExecution,
): Promise<HistoryAndWorkflowId> {
  const { connection, namespace } = parts;
  const events = await connection.fetchHistory({ namespace, workflowId, runId });
  return { workflowId, history: withOrigin({ events }, parts) };
}
