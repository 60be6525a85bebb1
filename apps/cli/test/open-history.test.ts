import {
  generateKeyRing,
  formatKeyRing,
  loadDataConverter,
  parseKeyRing,
} from '@perdure/data-converter';
import type { HistoryEvent } from '@perdure/protocol';
import { describe, expect, it } from 'vitest';
import { openHistory, unreadable } from '../src/history/open-history.ts';
import { showBusinessView, showEvents } from '../src/history/views.ts';

const place = { namespace: 'default', workflowId: 'w-1' };
const newRing = () => parseKeyRing(formatKeyRing(generateKeyRing()));

/** A history of one activity that failed once, sealed with a key ring. */
async function sealedHistory(ring = newRing()) {
  const converter = await loadDataConverter({ keyRing: ring });
  const { failureConverter, payloadConverter } = converter;
  const failure = failureConverter.errorToFailure(new Error('no stock'), payloadConverter);
  const args = (purpose: 'workflow-input' | 'activity-input', ...values: unknown[]) =>
    converter.encodeArgs({ ...place, purpose }, values);
  const value = (purpose: 'workflow-result' | 'activity-result', of: unknown) =>
    converter.encodeValue({ ...place, purpose }, of);
  const attributes: [HistoryEvent['eventType'], object][] = [
    [
      'WorkflowExecutionStarted',
      { workflowType: 'order', input: await args('workflow-input', 'cake', 2) },
    ],
    [
      'ActivityTaskScheduled',
      { activityType: 'reserve', input: await args('activity-input', { n: 2 }) },
    ],
    [
      'ActivityTaskStarted',
      { scheduledEventId: 2, attempt: 2, lastFailure: await converter.sealFailure(place, failure) },
    ],
    [
      'ActivityTaskCompleted',
      { scheduledEventId: 2, result: await value('activity-result', 'kept') },
    ],
    ['WorkflowExecutionCompleted', { result: await value('workflow-result', 'done') }],
  ];
  const events = attributes.map(([eventType, its], index) => {
    return { eventId: index + 1, eventTime: 1_000 * index, eventType, attributes: its };
  });
  return { converter, events: events as unknown as HistoryEvent[] };
}

describe('a history', () => {
  it('opens with its key, and shows event by event', async () => {
    const { converter, events } = await sealedHistory();
    expect(showEvents(await openHistory(converter, place, events))).toBe(
      [
        'ID  AFTER   EVENT                       DETAILS',
        ' 1  0.00 s  WorkflowExecutionStarted    order  ["cake",2]',
        ' 2  1.00 s  ActivityTaskScheduled       reserve  [{"n":2}]',
        ' 3  2.00 s  ActivityTaskStarted         attempt 2  no stock',
        ' 4  3.00 s  ActivityTaskCompleted       kept',
        ' 5  4.00 s  WorkflowExecutionCompleted  done',
      ].join('\n'),
    );
  });

  it('shows as the business sees it', async () => {
    const { converter, events } = await sealedHistory();
    expect(showBusinessView(await openHistory(converter, place, events))).toBe(
      [
        'order  (cake, 2)',
        '  reserve  ({"n":2})  2.00 s, attempt 2',
        '           → kept',
        '→ done  4.00 s',
      ].join('\n'),
    );
  });

  it('shows with another key what is not a payload, and says what it cannot open', async () => {
    const { events } = await sealedHistory();
    const stranger = await loadDataConverter({ keyRing: newRing() });
    const opened = await openHistory(stranger, place, events);
    expect(opened[0]?.attributes).toEqual({ workflowType: 'order', input: unreadable });
    expect(JSON.stringify(opened)).not.toMatch(/cake|no stock|kept|done/);
  });
});
