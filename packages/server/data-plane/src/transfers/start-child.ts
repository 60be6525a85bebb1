/** Starts a child (semantics 30, 32). It tells its parent itself, and begins then: `report-start.ts`. */
import { childStartCommand } from '@perdure/engine';
import { shardOf } from '@perdure/ports';
import { childRunIdOf } from './child-run-id.ts';
import { type OwedTransfer, type TransferParts, apply, eventOf, start } from './parts.ts';

export async function startChild(parts: TransferParts, owed: OwedTransfer): Promise<void> {
  const { key, state, transfer, events } = owed;
  const { initiatedEventId } = transfer;
  const type = 'StartChildWorkflowExecutionInitiated';
  const initiated = await eventOf(parts, owed, initiatedEventId, type);
  const { workflowId, workflowIdReusePolicy } = initiated.attributes;
  const child = { namespaceId: key.namespaceId, workflowId };
  const childRunId = childRunIdOf(state.runId, initiated);
  const wasStarted = async (): Promise<boolean> => {
    const run = { ...child, shard: shardOf(child.namespaceId, workflowId), runId: childRunId };
    return (await parts.store.loadRun(run)) !== undefined;
  };
  // Where the event is at hand its commit was just now: nobody has tried before.
  const isAgain = !events.some(({ eventId }) => eventId === initiatedEventId);
  if (isAgain && (await wasStarted())) return;
  const command = childStartCommand(state, initiated, childRunId);
  const reply = await start(parts, child, command, workflowIdReusePolicy ?? 'ALLOW_DUPLICATE');
  // It may be in its own way: started by another server, closed, and its id used again.
  if (reply.outcome.kind !== 'rejected' || (await wasStarted())) return;
  const cause = 'WORKFLOW_ALREADY_EXISTS';
  const failed = { kind: 'recordChildStartFailed', initiatedEventId, cause } as const;
  await apply(parts, key, failed, { runId: state.runId });
}
