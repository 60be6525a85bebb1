/** Lists of runs. Rows are written by `ExecutionStore.commit`, so a list reads its own writes. */
import type { ListedExecution, WorkflowExecutionStatus } from '@perdure/common';

export interface ListFilter {
  readonly status?: WorkflowExecutionStatus;
  readonly workflowType?: string;
  readonly workflowId?: string;
}

export interface ListPage {
  readonly executions: ListedExecution[];
  /** Pass back for the next page; absent at the end. */
  readonly nextPageToken?: string;
}

export interface VisibilityStore {
  /** Runs of a namespace, latest start first. */
  list(
    namespaceId: number,
    filter: ListFilter,
    pageSize: number,
    pageToken?: string,
  ): Promise<ListPage>;
}
