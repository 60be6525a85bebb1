/** What only the history knows of a run: how it was started, and how it has changed that since. */
import { mergeIndexedFields } from '@perdure/common';
import type { DescribeWorkflowOutput } from '@perdure/contract';
import type { ExecutionStore, RunRef } from '@perdure/ports';
import { type HistoryEvent, decodeEvents } from '@perdure/protocol';

/** Bytes of history read at a time, about. */
const PAGE_BYTES = 256 * 1024;

type Facts = Pick<
  DescribeWorkflowOutput,
  'executionTime' | 'memo' | 'searchAttributes' | 'userMetadata' | 'priority' | 'cronSchedule'
>;

/** Reads the history through: the state does not carry what no decision needs. */
export async function factsOf(store: ExecutionStore, run: RunRef): Promise<Facts> {
  let facts: Facts = {};
  let from: number | undefined = 1;
  while (from !== undefined) {
    const page: Awaited<ReturnType<ExecutionStore['readHistory']>> = await store.readHistory(
      run,
      from,
      PAGE_BYTES,
    );
    for (const event of decodeEvents(page.segment)) facts = withEvent(facts, event);
    from = page.nextEventId;
  }
  return facts;
}

function withEvent(facts: Facts, { eventType, eventTime, attributes }: HistoryEvent): Facts {
  switch (eventType) {
    case 'WorkflowExecutionStarted': {
      const { memo, searchAttributes, userMetadata, priority, cronSchedule } = attributes;
      const executionTime = eventTime + (attributes.firstWorkflowTaskBackoffMs ?? 0);
      return { executionTime, memo, searchAttributes, userMetadata, priority, cronSchedule };
    }
    case 'WorkflowPropertiesModified':
      return { ...facts, memo: attributes.memo ?? facts.memo };
    case 'UpsertWorkflowSearchAttributes': {
      const { searchAttributes: change } = attributes;
      return {
        ...facts,
        searchAttributes: mergeIndexedFields(facts.searchAttributes ?? {}, change),
      };
    }
    default:
      return facts;
  }
}
