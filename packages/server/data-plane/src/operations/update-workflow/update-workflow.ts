import type { NamespaceCaller, UpdateWorkflowInput, UpdateWorkflowOutput } from '@perdure/contract';
import { checkBlobs } from '../../policy/payload-guard.ts';
import { notFound } from '../ask.ts';
import { askChain } from '../ask-chain.ts';
import type { OperationParts } from '../parts.ts';
import { UpdateWatch } from '../update-progress.ts';

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
      if (typeof progress !== 'string') return { runId: reply.runId, ...progress };
      // The run has closed, or refused it before we heard: the next one is asked, if there is one.
      if (runId !== undefined) break;
    } finally {
      watch.stop();
    }
  }
  throw notFound(workflowId, runId);
}
