/** A stored history with its payloads opened, in the reader's process and with the reader's keys. */
import type { LoadedDataConverter, PayloadPurpose } from '@perdure/data-converter';
import type { Failure, HistoryEvent } from '@perdure/protocol';

/** An event whose payload fields hold values, and whose failures hold errors. */
export interface OpenedEvent {
  readonly eventId: number;
  readonly eventTime: number;
  readonly eventType: HistoryEvent['eventType'];
  readonly attributes: Readonly<Record<string, unknown>>;
}

/** Where the payloads belong. */
export interface HistoryPlace {
  readonly namespace: string;
  readonly workflowId: string;
}

/** Fields that hold a list of values. */
const lists: Partial<Record<HistoryEvent['eventType'], Record<string, PayloadPurpose>>> = {
  WorkflowExecutionStarted: { input: 'workflow-input' },
  ActivityTaskScheduled: { input: 'activity-input' },
  WorkflowExecutionSignaled: { input: 'signal' },
  WorkflowExecutionTerminated: { details: 'terminate-details' },
  WorkflowExecutionCanceled: { details: 'cancel-details' },
  ActivityTaskCanceled: { details: 'cancel-details' },
};

/** Fields that hold one value. */
const values: Partial<Record<HistoryEvent['eventType'], Record<string, PayloadPurpose>>> = {
  WorkflowExecutionCompleted: { result: 'workflow-result' },
  ActivityTaskCompleted: { result: 'activity-result' },
};

/** What a payload shows that cannot be opened with the keys at hand. */
export const unreadable = '(encrypted; not with a key of this key ring)';

/** Opens every event; what cannot be opened shows as {@link unreadable}. */
export function openHistory(
  converter: LoadedDataConverter,
  place: HistoryPlace,
  events: readonly HistoryEvent[],
): Promise<OpenedEvent[]> {
  return Promise.all(events.map((event) => openEvent(converter, place, event)));
}

async function openEvent(
  converter: LoadedDataConverter,
  place: HistoryPlace,
  { eventId, eventTime, eventType, attributes }: HistoryEvent,
): Promise<OpenedEvent> {
  const opened: Record<string, unknown> = {};
  for (const [field, value] of Object.entries(attributes)) {
    if (value !== undefined) opened[field] = await open(converter, place, eventType, field, value);
  }
  return { eventId, eventTime, eventType, attributes: opened };
}

async function open(
  converter: LoadedDataConverter,
  place: HistoryPlace,
  type: HistoryEvent['eventType'],
  field: string,
  value: unknown,
): Promise<unknown> {
  try {
    const list = lists[type]?.[field];
    const single = values[type]?.[field];
    if (list) return await converter.decodeArgs({ ...place, purpose: list }, value as Uint8Array);
    if (single) {
      return await converter.decodeValue({ ...place, purpose: single }, value as Uint8Array);
    }
    if (field !== 'failure' && field !== 'lastFailure') {
      return value instanceof Uint8Array ? `(${value.length} bytes)` : value;
    }
    return failureText(
      converter.failureConverter.failureToError(
        await converter.openFailure(place, value as Failure),
        converter.payloadConverter,
      ),
    );
  } catch {
    return unreadable;
  }
}

/** An error and what caused it, on one line. */
export function failureText(error: Error): string {
  const own = error.message || error.name;
  return error.cause instanceof Error ? `${own}: ${failureText(error.cause)}` : own;
}
