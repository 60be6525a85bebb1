import { type ListedExecution, PerdureServiceError } from '@perdure/common';
import type { ListWorkflowsInput, NamespaceCaller } from '@perdure/contract';
import type { OperationParts } from '../parts.ts';

/**
 * Runs of the caller's namespace, latest start first. Reads its own writes.
 *
 * @throws PerdureServiceError INVALID_ARGUMENT for a page token that is not of an earlier list
 */
export async function listWorkflows(
  { visibility }: OperationParts,
  caller: NamespaceCaller,
  { status, workflowType, workflowId, pageSize, pageToken }: ListWorkflowsInput,
): Promise<{ executions: ListedExecution[]; nextPageToken?: string }> {
  const filter = { status, workflowType, workflowId };
  try {
    return await visibility.list(caller.namespaceId, filter, pageSize, pageToken);
  } catch (error) {
    if (pageToken === undefined || !(error instanceof TypeError)) throw error;
    throw new PerdureServiceError('INVALID_ARGUMENT', `'pageToken': ${error.message}`, {
      field: 'pageToken',
    });
  }
}
