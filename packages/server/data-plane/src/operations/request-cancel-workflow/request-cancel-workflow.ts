import type { CancelWorkflowInput, NamespaceCaller } from '@perdure/contract';
import { askChain } from '../ask-chain.ts';
import type { OperationParts } from '../parts.ts';

/** Asks a run to cancel itself; asking again does nothing. */
export async function requestCancelWorkflow(
  parts: OperationParts,
  caller: NamespaceCaller,
  call: CancelWorkflowInput,
): Promise<void> {
  const { workflowId, runId, requestId, reason, identity } = call;
  await askChain(
    parts,
    { namespaceId: caller.namespaceId, workflowId },
    {
      command: { kind: 'requestCancelWorkflow', cause: reason, identity },
      runId,
      requestId,
      now: parts.clock.now(),
    },
    call.firstExecutionRunId,
  );
}
