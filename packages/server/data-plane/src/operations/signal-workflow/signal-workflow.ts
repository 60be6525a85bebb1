import type { NamespaceCaller, SignalWorkflowInput } from '@perdure/contract';
import { checkBlobs } from '../../policy/payload-guard.ts';
import { ask } from '../ask.ts';
import type { OperationParts } from '../parts.ts';

/** Appends a signal; durable once this resolves. The same request id again does nothing. */
export async function signalWorkflow(
  { committer, clock }: OperationParts,
  caller: NamespaceCaller,
  call: SignalWorkflowInput,
): Promise<void> {
  const { workflowId, runId, requestId, signalName, input, header, identity } = call;
  checkBlobs(caller, { input, header });
  await ask(
    committer,
    { namespaceId: caller.namespaceId, workflowId },
    {
      command: { kind: 'signalWorkflow', signalName, input, header, identity },
      runId,
      requestId,
      now: clock.now(),
    },
  );
}
