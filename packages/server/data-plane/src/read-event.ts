import type { ExecutionStore, RunRef } from '@perdure/ports';
import { type HistoryEvent, decodeEvents } from '@perdure/protocol';

/** One event of a stored history; undefined when it is not there. One read. */
export async function readEvent(
  store: ExecutionStore,
  run: RunRef,
  eventId: number,
): Promise<HistoryEvent | undefined> {
  const { segment } = await store.readHistory(run, eventId, 1);
  return decodeEvents(segment).find((event) => event.eventId === eventId);
}
