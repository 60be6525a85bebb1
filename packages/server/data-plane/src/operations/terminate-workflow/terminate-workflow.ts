import type { NamespaceCaller, TerminateWorkflowInput } from '@perdure/contract';
import { checkBlobs } from '../../policy/payload-guard.ts';
import { ask } from '../ask.ts';
import type { OperationParts } from '../parts.ts';

/** Closes a run at once; no workflow code runs (semantics 56). */
export async function terminateWorkflow(
  { committer, clock }: OperationParts,
  caller: NamespaceCaller,
  call: TerminateWorkflowInput,
): Promise<void> {
  const { workflowId, runId, requestId, reason, details, identity } = call;
  checkBlobs(caller, { details });
  await ask(
    committer,
    { namespaceId: caller.namespaceId, workflowId },
    {
      command: { kind: 'terminateWorkflow', reason, details, identity },
      runId,
      requestId,
      now: clock.now(),
    },
  );
}
