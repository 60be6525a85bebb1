/**
 * A child that was started has its parent record that, and begins (semantics 30). If the parent has
 * not recorded it and never will, the child is ended without having run (33).
 */
import {
  type ExecutionState,
  type RecordChildStarted,
  childStartedCommand,
  knowsChild,
} from '@perdure/engine';
import { type WorkflowKey, shardOf } from '@perdure/ports';
import { decodeEvents } from '@perdure/protocol';
import { type OwedTransfer, type TransferParts, apply } from './parts.ts';

const NEVER_RECORDED = 'the parent ended before it could record this start';
/** Bytes of history read at a time, about. */
const PAGE_BYTES = 256 * 1024;

export async function reportStart(parts: TransferParts, owed: OwedTransfer): Promise<void> {
  const { key, state: child } = owed;
  const { runId } = child;
  const command = (await isRecorded(parts, owed))
    ? ({ kind: 'beginChild' } as const)
    : ({ kind: 'terminateWorkflow', reason: NEVER_RECORDED } as const);
  await apply(parts, key, command, { runId });
}

/** Has the parent record the start; whether it has, now or before. */
async function isRecorded(
  parts: TransferParts,
  { key: { namespaceId }, state: child }: OwedTransfer,
): Promise<boolean> {
  const report = childStartedCommand(child);
  if (!report || !child.parent) return true;
  const parentKey = { namespaceId, workflowId: child.parent.workflowId };
  const { runId } = child.parent;
  const { outcome } = await apply(parts, parentKey, report, { runId });
  if (outcome.kind === 'accepted') return true;
  const { state: parent } = await parts.committer.look(parentKey);
  if (parent && isOpen(parent, runId)) return knowsChild(parent, child);
  return wasRecorded(parts, parentKey, runId, report);
}

function isOpen(parent: ExecutionState, runId: string): boolean {
  return parent.runId === runId && parent.status === 'RUNNING';
}

/** Whether a parent that has ended had recorded the start of this child. */
async function wasRecorded(
  { store }: TransferParts,
  { namespaceId, workflowId }: WorkflowKey,
  runId: string,
  { initiatedEventId, childRunId }: RecordChildStarted,
): Promise<boolean> {
  const run = { namespaceId, shard: shardOf(namespaceId, workflowId), runId };
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
