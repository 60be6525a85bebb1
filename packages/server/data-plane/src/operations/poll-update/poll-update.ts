import { PerdureServiceError } from '@perdure/common';
import type { NamespaceCaller, PollUpdateInput, UpdateWorkflowOutput } from '@perdure/contract';
import { findRun } from '../find-run.ts';
import type { OperationParts } from '../parts.ts';
import { UpdateWatch } from '../update-progress.ts';

/** Waits for an update that was brought before. */
export async function pollUpdate(
  parts: OperationParts,
  caller: NamespaceCaller,
  { workflowId, updateId, waitForStage, ...input }: PollUpdateInput,
  signal: AbortSignal | undefined,
): Promise<UpdateWorkflowOutput> {
  const key = { namespaceId: caller.namespaceId, workflowId };
  const watch = new UpdateWatch(parts, { key, updateId, waitForStage, signal });
  try {
    const { runId } = await findRun(parts, key, input.runId);
    const progress = await watch.progress(runId);
    if (typeof progress !== 'string') return { runId, ...progress };
    if (progress === 'unknown' && watch.hasSeen) return { runId, ...(await watch.refusal(runId)) };
    throw new PerdureServiceError(
      'UPDATE_NOT_FOUND',
      `run ${runId} of workflow '${workflowId}' knows no update '${updateId}': it was never brought before it, or was refused; bring it again`,
      { workflowId, runId, updateId },
    );
  } finally {
    watch.stop();
  }
}
