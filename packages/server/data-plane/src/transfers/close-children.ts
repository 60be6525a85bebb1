/** Ends the children of a closed run, as their close policies say (semantics 33). */
import { type ChildState, PARENT_CLOSE_REASON, childrenToClose, isChild } from '@perdure/engine';
import { note } from './note.ts';
import { type OwedTransfer, type TransferParts, apply } from './parts.ts';

/** How often a child that goes on to its next run meanwhile is followed. */
const MOST_RUNS = 5;

export async function closeChildren(parts: TransferParts, owed: OwedTransfer): Promise<void> {
  for (const child of childrenToClose(owed.state)) await closeChild(parts, owed, child);
  await note(parts, owed, { kind: 'acknowledgeTransfer', transfer: 'closeChildren' });
}

async function closeChild(
  parts: TransferParts,
  { key, state: parent }: OwedTransfer,
  child: ChildState,
): Promise<void> {
  if (child.parentClosePolicy === 'ABANDON') return;
  const childKey = { namespaceId: key.namespaceId, workflowId: child.workflowId };
  for (let attempt = 0; attempt < MOST_RUNS; attempt++) {
    const { state } = await parts.committer.look(childKey);
    if (state?.status !== 'RUNNING' || !isChild(state, child, parent)) return;
    const { outcome } =
      child.parentClosePolicy === 'TERMINATE'
        ? await apply(
            parts,
            childKey,
            { kind: 'terminateWorkflow', reason: PARENT_CLOSE_REASON },
            { runId: state.runId },
          )
        : await apply(
            parts,
            childKey,
            {
              kind: 'requestCancelWorkflow',
              cause: PARENT_CLOSE_REASON,
              externalWorkflowExecution: { workflowId: parent.workflowId, runId: parent.runId },
            },
            { runId: state.runId, requestId: `${parent.runId}:close` },
          );
    if (outcome.kind !== 'rejected') return;
  }
  throw new Error(`child '${child.workflowId}' goes on from run to run`);
}
