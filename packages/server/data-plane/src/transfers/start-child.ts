/** Starts a child and tells its parent (semantics 30, 32, 33). */
import { childStartCommand } from '@perdure/engine';
import { shardOf } from '@perdure/ports';
import { decodeEvents } from '@perdure/protocol';
import { type OwedTransfer, type TransferParts, apply, eventOf, start } from './parts.ts';

const NEVER_RECORDED = 'the parent closed before it could record this start';
/** Bytes of history read at a time, about. */
const PAGE_BYTES = 256 * 1024;

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
  // Another server may have started it too, and told the parent before it closed.
  if (await wasRecorded(parts, owed, childRunId)) return;
  const terminate = { kind: 'terminateWorkflow', reason: NEVER_RECORDED } as const;
  await apply(parts, child, terminate, { runId: reply.runId });
}

/** Whether a parent that has closed had recorded the start of this child. */
async function wasRecorded(
  { store }: TransferParts,
  { key, state, transfer: { initiatedEventId } }: OwedTransfer,
  childRunId: string,
): Promise<boolean> {
  const { namespaceId, workflowId } = key;
  const run = { namespaceId, shard: shardOf(namespaceId, workflowId), runId: state.runId };
  for (let from: number | undefined = initiatedEventId; from !== undefined;) {
    const page = await store.readHistory(run, from, PAGE_BYTES);
    const found = decodeEvents(page.segment).some(
      (event) =>
        event.eventType === 'ChildWorkflowExecutionStarted' &&
        event.attributes.initiatedEventId === initiatedEventId &&
        event.attributes.workflowExecution.runId === childRunId,
    );
    if (found) return true;
    from = page.nextEventId;
  }
  return false;
}
