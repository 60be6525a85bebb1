import type { GetHistoryOutput } from '@perdure/contract';
import { type HistoryEvent, concatBytes, decodeEvents } from '@perdure/protocol';

/** Names the run whose events are wanted; without a run id the current one. */
export interface HistoryPlace {
  readonly namespace: string;
  readonly workflowId: string;
  readonly runId?: string;
}

/** Fetches every event of one run, page by page. */
export async function readHistory(
  place: HistoryPlace,
  getPage: (input: HistoryPlace & { fromEventId: number }) => Promise<GetHistoryOutput>,
): Promise<HistoryEvent[]> {
  const segments: Uint8Array[] = [];
  let { runId } = place;
  let fromEventId: number | undefined = 1;
  while (fromEventId !== undefined) {
    const page: GetHistoryOutput = await getPage({ ...place, runId, fromEventId });
    segments.push(page.events);
    // From the second page on, of the same run, whatever becomes current meanwhile.
    runId = page.runId;
    fromEventId = page.nextEventId;
  }
  return decodeEvents(concatBytes(segments));
}
