import { type ExecutionState, decodeState } from '@perdure/engine';
import { type WorkflowKey, shardOf } from '@perdure/ports';
import { isUuid, notFound } from './ask.ts';
import type { OperationParts } from './parts.ts';

/**
 * The current run of a workflow, or the run named, as last committed.
 *
 * @throws PerdureServiceError WORKFLOW_NOT_FOUND
 */
export async function findRun(
  { committer, store }: Pick<OperationParts, 'committer' | 'store'>,
  key: WorkflowKey,
  runId: string | undefined,
): Promise<ExecutionState> {
  const { state } = await committer.look(key);
  if (state && (runId === undefined || state.runId === runId)) return state;
  if (runId === undefined || !isUuid(runId)) throw notFound(key.workflowId, runId);
  const shard = shardOf(key.namespaceId, key.workflowId);
  const stored = await store.loadRun({ namespaceId: key.namespaceId, shard, runId });
  if (!stored || stored.workflowId !== key.workflowId) throw notFound(key.workflowId, runId);
  return decodeState(stored.state);
}
