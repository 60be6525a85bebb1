import type { NamespaceCaller, TerminateWorkflowInput } from '@perdure/contract';
import { checkBlobs } from '../../policy/payload-guard.ts';
import { askChain } from '../ask-chain.ts';
import type { OperationParts } from '../parts.ts';

/** Closes a run at once; no workflow code runs (semantics 56). */
export async function terminateWorkflow(
  parts: OperationParts,
  caller: NamespaceCaller,
  call: TerminateWorkflowInput,
): Promise<void> {
  const { workflowId, runId, requestId, reason, details, identity } = call;
  checkBlobs(caller, { details });
  await askChain(
    parts,
    { namespaceId: caller.namespaceId, workflowId },
    {
      command: { kind: 'terminateWorkflow', reason, details, identity },
      runId,
      requestId,
      now: parts.clock.now(),
    },
    call.firstExecutionRunId,
  );
}
