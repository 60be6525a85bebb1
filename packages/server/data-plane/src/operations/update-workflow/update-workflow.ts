import type { NamespaceCaller, UpdateWorkflowInput, UpdateWorkflowOutput } from '@perdure/contract';
import type { WorkflowKey } from '@perdure/ports';
import { checkBlobs } from '../../policy/payload-guard.ts';
import { isNotFound, notFound } from '../ask.ts';
import { askChain } from '../ask-chain.ts';
import { findRun } from '../find-run.ts';
import type { OperationParts } from '../parts.ts';
import { UpdateWatch, progressIn } from '../update-progress.ts';

/** Most runs that an update which nobody accepts is carried along. */
const MOST_RUNS = 100;

/** Brings an update before the workflow and waits for the stage that is wanted (semantics 41-44). */
export async function updateWorkflow(
  parts: OperationParts,
  caller: NamespaceCaller,
  input: UpdateWorkflowInput,
  signal: AbortSignal | undefined,
): Promise<UpdateWorkflowOutput> {
  const { workflowId, runId, firstExecutionRunId, waitForStage } = input;
  const { updateId, updateName, header, identity } = input;
  checkBlobs(caller, { input: input.input, header });
  const key = { namespaceId: caller.namespaceId, workflowId };
  const request = { updateId, updateName, input: input.input, header, identity };
  const command = { kind: 'updateWorkflow', request } as const;
  for (let run = 0; run < MOST_RUNS; run++) {
    const watch = new UpdateWatch(parts, { key, updateId, waitForStage, signal });
    try {
      const call = { command, runId, requestId: undefined, now: parts.clock.now() };
      const reply = await askChain(parts, key, call, firstExecutionRunId);
      const progress = await watch.progress(reply.runId);
      if (progress === 'unknown') {
        return { runId: reply.runId, ...(await watch.refusal(reply.runId)) };
      }
      if (progress !== 'left behind') return { runId: reply.runId, ...progress };
      // The run has closed: the next one is asked, if there is one.
      if (runId !== undefined) break;
    } catch (error) {
      const recorded = await recordedOutcome(parts, key, input, error);
      if (recorded) return recorded;
      throw error;
    } finally {
      watch.stop();
    }
  }
  throw notFound(workflowId, runId);
}

/**
 * What a run that has closed has recorded of the update: a caller that lost the answer asks again,
 * and must not hear that there is nobody.
 */
async function recordedOutcome(
  parts: OperationParts,
  key: WorkflowKey,
  { runId, firstExecutionRunId, updateId }: UpdateWorkflowInput,
  error: unknown,
): Promise<UpdateWorkflowOutput | undefined> {
  if (!isNotFound(error)) return undefined;
  const state = await findRun(parts, key, runId);
  if (firstExecutionRunId !== undefined && state.firstExecutionRunId !== firstExecutionRunId) {
    return undefined;
  }
  const progress = await progressIn(parts, { key, updateId }, state);
  if (typeof progress === 'string' || progress.stage !== 'COMPLETED') return undefined;
  return { runId: state.runId, ...progress };
}
