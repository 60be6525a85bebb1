/**
 * A run is told what became of a transfer. It may have closed, and another run may be current under
 * its workflow id by now; nobody but these notes changes such a run, so it is changed in the store.
 */
import {
  type AcknowledgeTransfer,
  type RecordExternalOutcome,
  decide,
  decodeState,
  encodeState,
} from '@perdure/engine';
import { shardOf } from '@perdure/ports';
import { type OwedTransfer, type TransferParts, apply } from './parts.ts';

/** Two servers may note the same at once. */
const MOST_ATTEMPTS = 5;

type Note = AcknowledgeTransfer | RecordExternalOutcome;

/** @throws PerdureServiceError when the store stays away */
export async function note(
  parts: TransferParts,
  { key, state }: OwedTransfer,
  command: Note,
): Promise<void> {
  const { outcome } = await apply(parts, key, command, { runId: state.runId });
  if (outcome.kind === 'rejected' && outcome.reason === 'notFound') {
    await noteInPastRun(parts, { ...key, runId: state.runId }, command);
  }
}

/** Applies a command to a run that is closed and no longer current. */
async function noteInPastRun(
  { store, clock }: TransferParts,
  run: { readonly namespaceId: number; readonly workflowId: string; readonly runId: string },
  command: Note,
): Promise<void> {
  const shard = shardOf(run.namespaceId, run.workflowId);
  for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
    const stored = await store.loadRun({ ...run, shard });
    if (!stored) return;
    const { decision } = decide(decodeState(stored.state), command, { now: clock.now() });
    if (!decision?.changed) return;
    const [result] = await store.commit([
      {
        key: run,
        expectedVersion: stored.version,
        state: encodeState(decision.state),
        addTasks: [],
        removeTasks: [],
        wake: decision.wake,
        requestIds: [],
      },
    ]);
    if (result?.kind === 'committed') return;
  }
}
