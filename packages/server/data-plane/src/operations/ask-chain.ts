/** Commands that are meant for the runs of one chain, and for no other run of the workflow id. */
import type { WorkflowKey } from '@perdure/ports';
import type { Reply } from '../commit/request.ts';
import { ask, isNotFound, notFound } from './ask.ts';
import { findRun } from './find-run.ts';
import type { OperationParts } from './parts.ts';

/**
 * {@link ask}, and if the first run of a chain is named: only of a run of that chain.
 *
 * @throws PerdureServiceError WORKFLOW_NOT_FOUND when the run belongs to another chain
 */
export async function askChain(
  parts: OperationParts,
  key: WorkflowKey,
  call: Parameters<typeof ask>[2],
  firstExecutionRunId: string | undefined,
): Promise<Reply> {
  const { committer } = parts;
  if (firstExecutionRunId === undefined) return ask(committer, key, call);
  let tried: string | undefined;
  for (;;) {
    const state = await findRun(parts, key, call.runId);
    if (state.firstExecutionRunId !== firstExecutionRunId) throw notFound(key.workflowId, tried);
    try {
      return await ask(committer, key, { ...call, runId: state.runId });
    } catch (error) {
      // The run has closed in between; the chain may go on in another one.
      if (!isNotFound(error) || state.runId === tried || call.runId !== undefined) throw error;
      tried = state.runId;
    }
  }
}
