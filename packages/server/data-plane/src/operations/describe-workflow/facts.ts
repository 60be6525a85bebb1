/** What only the history knows of a run: how it was started, and the memo as it is now. */
import { mergeIndexedFields } from '@perdure/common';
import type { DescribeWorkflowOutput } from '@perdure/contract';
import type { ExecutionState } from '@perdure/engine';
import type { ExecutionStore, RunRef } from '@perdure/ports';
import type { EventOf, EventType } from '@perdure/protocol';
import { readEvent } from '../../read-event.ts';

type Facts = Pick<
  DescribeWorkflowOutput,
  'executionTime' | 'memo' | 'searchAttributes' | 'userMetadata' | 'priority' | 'cronSchedule'
>;

/** Two reads at most: the state knows where to look. */
export async function factsOf(
  store: ExecutionStore,
  run: RunRef,
  { memoEventId, upsertedSearchAttributes }: ExecutionState,
): Promise<Facts> {
  const [started, modified] = await Promise.all([
    eventAt(store, run, 1, 'WorkflowExecutionStarted'),
    memoEventId > 0 ? eventAt(store, run, memoEventId, 'WorkflowPropertiesModified') : undefined,
  ]);
  if (!started) return {};
  const { memo, searchAttributes, userMetadata, priority, cronSchedule } = started.attributes;
  return {
    executionTime: started.eventTime + (started.attributes.firstWorkflowTaskBackoffMs ?? 0),
    memo: modified?.attributes.memo ?? memo,
    searchAttributes: upsertedSearchAttributes
      ? mergeIndexedFields(searchAttributes ?? {}, upsertedSearchAttributes)
      : searchAttributes,
    userMetadata,
    priority,
    cronSchedule,
  };
}

async function eventAt<T extends EventType>(
  store: ExecutionStore,
  run: RunRef,
  eventId: number,
  type: T,
): Promise<EventOf<T> | undefined> {
  const event = await readEvent(store, run, eventId);
  return event?.eventType === type ? (event as EventOf<T>) : undefined;
}
