import type { CancelWorkflowInput, NamespaceCaller } from '@perdure/contract';
import { ask } from '../ask.ts';
import type { OperationParts } from '../parts.ts';

/** Asks a run to cancel itself; asking again does nothing. */
export async function requestCancelWorkflow(
  { committer, clock }: OperationParts,
  caller: NamespaceCaller,
  call: CancelWorkflowInput,
): Promise<void> {
  const { workflowId, runId, requestId, reason, identity } = call;
  await ask(
    committer,
    { namespaceId: caller.namespaceId, workflowId },
    {
      command: { kind: 'requestCancelWorkflow', cause: reason, identity },
      runId,
      requestId,
      now: clock.now(),
    },
  );
}
