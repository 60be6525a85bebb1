/** Tells the parent of a closed run how it ended (semantics 30, 31, 34). */
import { childClosedCommand, isCloseEvent } from '@perdure/engine';
import type { HistoryEvent } from '@perdure/protocol';
import { shardOf } from '@perdure/ports';
import { readEvent } from '../read-event.ts';
import { note } from './note.ts';
import { type OwedTransfer, type TransferParts, apply } from './parts.ts';

export async function notifyParent(parts: TransferParts, owed: OwedTransfer): Promise<void> {
  const { key, state } = owed;
  const { parent } = state;
  const closeEvent = await closeEventOf(parts, owed);
  const command = closeEvent && isCloseEvent(closeEvent) && childClosedCommand(state, closeEvent);
  if (parent && command) {
    const parentKey = { namespaceId: key.namespaceId, workflowId: parent.workflowId };
    // Whatever it answers, it knows: a parent that has closed or moved on wants no news.
    await apply(parts, parentKey, command, { runId: parent.runId });
  }
  await note(parts, owed, { kind: 'acknowledgeTransfer', transfer: 'notifyParent' });
}

async function closeEventOf(
  { store }: TransferParts,
  { key, state, events }: OwedTransfer,
): Promise<HistoryEvent | undefined> {
  const last = state.nextEventId - 1;
  if (events.at(-1)?.eventId === last) return events.at(-1);
  const shard = shardOf(key.namespaceId, key.workflowId);
  const run = { namespaceId: key.namespaceId, shard, runId: state.runId };
  return readEvent(store, run, last);
}
