/** Delivers a signal or a cancel request to another workflow, and tells the sender (semantics 35). */
import {
  type RequestCancelWorkflow,
  type SignalWorkflow,
  externalCancelCommand,
  externalSignalCommand,
  transferRequestId,
} from '@perdure/engine';
import type { ExternalFailedCause, WorkflowTarget } from '@perdure/protocol';
import type { Reply } from '../commit/request.ts';
import { isUuid } from '../operations/ask.ts';
import { note } from './note.ts';
import { type OwedTransfer, type TransferParts, apply, eventOf } from './parts.ts';

export async function signalExternal(parts: TransferParts, owed: OwedTransfer): Promise<void> {
  const type = 'SignalExternalWorkflowExecutionInitiated';
  const initiated = await eventOf(parts, owed, owed.transfer.initiatedEventId, type);
  const command = externalSignalCommand(owed.state, initiated);
  await deliver(parts, owed, initiated.attributes.workflowExecution, command);
}

export async function cancelExternal(parts: TransferParts, owed: OwedTransfer): Promise<void> {
  const type = 'RequestCancelExternalWorkflowExecutionInitiated';
  const initiated = await eventOf(parts, owed, owed.transfer.initiatedEventId, type);
  const command = externalCancelCommand(owed.state, initiated);
  await deliver(parts, owed, initiated.attributes.workflowExecution, command);
}

async function deliver(
  parts: TransferParts,
  owed: OwedTransfer,
  { workflowId, runId }: WorkflowTarget,
  command: SignalWorkflow | RequestCancelWorkflow,
): Promise<void> {
  const { key, state, transfer } = owed;
  const { initiatedEventId } = transfer;
  const target = { namespaceId: key.namespaceId, workflowId };
  const requestId = transferRequestId(state, initiatedEventId);
  const reply = await apply(parts, target, command, { runId: runId || undefined, requestId });
  const before = await wasDelivered(parts, target, runId || reply.runId, requestId, reply);
  const failedCause = before ? undefined : causeOf(reply);
  await note(parts, owed, { kind: 'recordExternalOutcome', initiatedEventId, failedCause });
}

/** Whether it was delivered before, and the target has closed since. */
async function wasDelivered(
  { committer }: TransferParts,
  target: { readonly namespaceId: number; readonly workflowId: string },
  runId: string,
  requestId: string,
  { outcome }: Reply,
): Promise<boolean> {
  if (outcome.kind !== 'rejected' || !isUuid(runId)) return false;
  return committer.wasAnswered({ ...target, runId }, requestId);
}

function causeOf({ outcome }: Reply): ExternalFailedCause | undefined {
  if (outcome.kind !== 'rejected') return undefined;
  return outcome.reason === 'limitExceeded'
    ? 'SIGNAL_COUNT_LIMIT_EXCEEDED'
    : 'EXTERNAL_WORKFLOW_EXECUTION_NOT_FOUND';
}
