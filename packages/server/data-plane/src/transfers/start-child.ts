/** Starts a child and tells its parent (semantics 30, 32, 33). */
import { childStartCommand } from '@perdure/engine';
import { type OwedTransfer, type TransferParts, apply, eventOf, start } from './parts.ts';

const NEVER_RECORDED = 'the parent closed before it could record this start';

export async function startChild(parts: TransferParts, owed: OwedTransfer): Promise<void> {
  const { key, state, transfer } = owed;
  const { initiatedEventId } = transfer;
  const type = 'StartChildWorkflowExecutionInitiated';
  const initiated = await eventOf(parts, owed, initiatedEventId, type);
  const { workflowId, workflowIdReusePolicy } = initiated.attributes;
  const child = { namespaceId: key.namespaceId, workflowId };
  const command = childStartCommand(state, initiated, parts.newRunId());
  const reply = await start(parts, child, command, workflowIdReusePolicy ?? 'ALLOW_DUPLICATE');
  const parent = { runId: state.runId };
  if (reply.outcome.kind === 'rejected') {
    const cause = 'WORKFLOW_ALREADY_EXISTS';
    const failed = { kind: 'recordChildStartFailed', initiatedEventId, cause } as const;
    await apply(parts, key, failed, parent);
    return;
  }
  const childRunId = reply.firstExecutionRunId;
  const started = { kind: 'recordChildStarted', initiatedEventId, childRunId } as const;
  const { outcome } = await apply(parts, key, started, parent);
  if (outcome.kind !== 'rejected' || outcome.reason !== 'notFound') return;
  const terminate = { kind: 'terminateWorkflow', reason: NEVER_RECORDED } as const;
  await apply(parts, child, terminate, { runId: reply.runId });
}
