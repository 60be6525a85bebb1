import type { ListedExecution } from '@perdure/common';
import type { ListWorkflowsInput, NamespaceCaller } from '@perdure/contract';
import type { OperationParts } from '../parts.ts';

/** Runs of the caller's namespace, latest start first. Reads its own writes. */
export function listWorkflows(
  { visibility }: OperationParts,
  caller: NamespaceCaller,
  { status, workflowType, workflowId, pageSize, pageToken }: ListWorkflowsInput,
): Promise<{ executions: ListedExecution[]; nextPageToken?: string }> {
  const filter = { status, workflowType, workflowId };
  return visibility.list(caller.namespaceId, filter, pageSize, pageToken);
}
