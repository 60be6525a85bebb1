/** The history of a run as tests look at it: checked for form, whatever else they check. */
import type { WorkflowHandle } from '@perdure/client';
import type { HistoryEvent } from '@perdure/protocol';
import { shapeOf } from './shape.ts';
import { flawsOf } from './well-formed.ts';

/**
 * A run's history.
 *
 * @throws Error when it is not well formed; the message names every flaw
 */
export async function historyOf(handle: WorkflowHandle): Promise<HistoryEvent[]> {
  const { events } = await handle.fetchHistory();
  const { status } = await handle.describe();
  const flaws = flawsOf(events, status.name !== 'RUNNING');
  if (flaws.length > 0) throw new Error(`a history with flaws: ${flaws.join('; ')}`);
  return events;
}

/** The short form of a run's history; see `shapeOf`. */
export async function shape(handle: WorkflowHandle): Promise<string> {
  return shapeOf(await historyOf(handle));
}
