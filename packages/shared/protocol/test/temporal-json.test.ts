import { encode, headersToPayloads } from '@perdure/common';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type BlobPlace,
  type EventType,
  type HistoryEvent,
  SEALED_BLOB,
  type TemporalJsonOptions,
  encodeEvents,
  encodePlainBlob,
  eventDefinitions,
  fromTemporalJson,
  toTemporalJson,
} from '../src/index.ts';
import { fromBase64, toBase64 } from '../src/temporal-json/base64.ts';
import { anyEventOf, normal, plausibleEventOf } from './fixtures.ts';
import { faultsOf } from './temporal-api.ts';

const types = Object.keys(eventDefinitions) as EventType[];

/** Through JSON text, as a file would go. */
const asText = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

const hex = (events: readonly HistoryEvent[]) => Buffer.from(encodeEvents(events)).toString('hex');

const json = (value: unknown) => ({
  metadata: { encoding: encode('json/plain') },
  data: encode(JSON.stringify(value)),
});

/** The same in JSON. */
const jsonPayload = (value: unknown) => ({
  metadata: { encoding: 'anNvbi9wbGFpbg==' },
  data: Buffer.from(JSON.stringify(value)).toString('base64'),
});

const start: HistoryEvent = {
  eventId: 1,
  eventTime: Date.UTC(2026, 0, 31, 12),
  eventType: 'WorkflowExecutionStarted',
  attributes: {
    workflowType: 'order',
    taskQueue: 'orders',
    input: encodePlainBlob([json({ items: 3 }), json('express')]),
    workflowTaskTimeoutMs: 10_000,
    firstExecutionRunId: '0b9f9f2e-5c1c-4d5e-8c7e-1f2a3b4c5d6e',
    attempt: 1,
    workflowId: 'order-7',
    memo: encodePlainBlob([json({ customer: 'c-1', vip: null })]),
    header: encodePlainBlob(headersToPayloads({ trace: json('t-1') })),
    searchAttributes: { Region: { type: 'KEYWORD_LIST', value: ['eu', 'us'] } },
    userMetadata: { summary: encodePlainBlob([json('an order')]) },
  },
};

const signalOf = (input: Uint8Array): HistoryEvent => ({
  eventId: 3,
  eventTime: 5,
  eventType: 'WorkflowExecutionSignaled',
  attributes: { signalName: 'add', input },
});

/** Attributes of the only event. */
function attributesOf(event: HistoryEvent, options?: TemporalJsonOptions): Record<string, unknown> {
  const [there] = toTemporalJson({ events: [event] }, options).events;
  const key = Object.keys(there!).find((each) => each.endsWith('EventAttributes'))!;
  return there![key] as Record<string, unknown>;
}

/** Reads one event as Temporal might have written it. */
function read(event: Record<string, unknown>): HistoryEvent {
  return fromTemporalJson({ events: [{ eventTime: '2026-01-31T12:00:00Z', ...event }] }).events[0]!;
}

describe('a history in Temporal’s JSON', () => {
  it.each(types)('gives back the same bytes: %s', (type) => {
    fc.assert(
      fc.property(anyEventOf(type), (event) => {
        const there = asText(toTemporalJson({ events: [event] }));
        expect(hex(fromTemporalJson(there).events)).toBe(hex([event]));
      }),
      { numRuns: 40 },
    );
  });

  it.each(types)('tells all of a plausible event in Temporal’s own terms: %s', (type) => {
    fc.assert(
      fc.property(plausibleEventOf(type), (event) => {
        const [there] = toTemporalJson({ events: [event] }, { namespace: 'shop' }).events;
        const { perdure = {}, ...temporal } = there!;
        expect(faultsOf(temporal, 'history.HistoryEvent')).toEqual([]);
        expect(perdure).not.toHaveProperty('event');
      }),
      { numRuns: 40 },
    );
  });

  it.each(types)('is of the form that Temporal’s parsers take, whatever is in it: %s', (type) => {
    fc.assert(
      fc.property(anyEventOf(type), (event) => {
        const [there] = toTemporalJson({ events: [event] }).events;
        const { perdure: _passedOver, ...temporal } = there!;
        expect(faultsOf(temporal, 'history.HistoryEvent')).toEqual([]);
      }),
      { numRuns: 20 },
    );
  });
});

it('a failure’s category and a priority stand by their names there', () => {
  const failure: HistoryEvent = {
    eventId: 7,
    eventTime: 5,
    eventType: 'WorkflowExecutionFailed',
    attributes: {
      workflowTaskCompletedEventId: 4,
      retryState: 'RETRY_POLICY_NOT_SET',
      failure: { message: 'gone', info: { kind: 'application', category: 'BENIGN' } },
    },
  };
  expect(attributesOf(failure)['failure']).toEqual({
    message: 'gone',
    applicationFailureInfo: { category: 'APPLICATION_ERROR_CATEGORY_BENIGN' },
  });
  const priority = { priorityKey: 2, fairnessKey: 'shop', fairnessWeight: 0.5 };
  const urgent = { ...start, attributes: { ...start.attributes, priority } } as HistoryEvent;
  expect(attributesOf(urgent)['priority']).toEqual(priority);
  const unspecified = read({
    eventId: '7',
    eventType: 'EVENT_TYPE_WORKFLOW_EXECUTION_FAILED',
    workflowExecutionFailedEventAttributes: {
      failure: { applicationFailureInfo: { category: 'APPLICATION_ERROR_CATEGORY_UNSPECIFIED' } },
    },
  });
  expect(unspecified.attributes).toMatchObject({ failure: { info: { category: undefined } } });
});

describe('payloads', () => {
  it('in the clear stand as Temporal has them', () => {
    const [there] = toTemporalJson({ events: [start] }).events;
    expect(there).toEqual({
      eventId: '1',
      eventTime: '2026-01-31T12:00:00.000Z',
      eventType: 'EVENT_TYPE_WORKFLOW_EXECUTION_STARTED',
      taskId: '1',
      userMetadata: { summary: jsonPayload('an order') },
      workflowExecutionStartedEventAttributes: {
        workflowType: { name: 'order' },
        taskQueue: { name: 'orders', kind: 'TASK_QUEUE_KIND_NORMAL' },
        input: { payloads: [jsonPayload({ items: 3 }), jsonPayload('express')] },
        workflowTaskTimeout: '10s',
        originalExecutionRunId: '0b9f9f2e-5c1c-4d5e-8c7e-1f2a3b4c5d6e',
        firstExecutionRunId: '0b9f9f2e-5c1c-4d5e-8c7e-1f2a3b4c5d6e',
        attempt: 1,
        workflowId: 'order-7',
        memo: { fields: { customer: jsonPayload('c-1'), vip: jsonPayload(null) } },
        header: { fields: { trace: jsonPayload('t-1') } },
        searchAttributes: {
          indexedFields: {
            Region: {
              metadata: { encoding: 'anNvbi9wbGFpbg==', type: btoa('KeywordList') },
              data: btoa('["eu","us"]'),
            },
          },
        },
      },
    });
  });

  it('that are sealed stand whole, with what must be told to open them', () => {
    const sealed = new Uint8Array([SEALED_BLOB, 1, 0, 1, 2, 3]);
    const events = [start, signalOf(sealed)];
    const [, there] = toTemporalJson({ events }).events;
    expect(there?.workflowExecutionSignaledEventAttributes).toMatchObject({
      input: {
        payloads: [
          {
            metadata: {
              encoding: btoa('binary/encrypted'),
              'perdure-blob': btoa('sealed'),
              'perdure-purpose': btoa('signal'),
              'perdure-workflow-id': btoa('order-7'),
            },
            data: Buffer.from(sealed).toString('base64'),
          },
        ],
      },
    });
  });

  it('of a child are told to be the child’s', () => {
    const [, there] = toTemporalJson({
      events: [
        start,
        {
          eventId: 9,
          eventTime: 5,
          eventType: 'ChildWorkflowExecutionCompleted',
          attributes: {
            workflowExecution: { workflowId: 'child-1', runId: 'r' },
            workflowType: 'ship',
            initiatedEventId: 5,
            startedEventId: 6,
            result: new Uint8Array([SEALED_BLOB, 1]),
          },
        },
      ],
    }).events;
    expect(there?.childWorkflowExecutionCompletedEventAttributes).toMatchObject({
      result: { payloads: [{ metadata: { 'perdure-workflow-id': btoa('child-1') } }] },
    });
  });

  it('that claim to be a whole blob are not taken for one', () => {
    const claims = { metadata: { 'perdure-blob': encode('sealed') }, data: new Uint8Array([2, 9]) };
    const event = signalOf(encodePlainBlob([claims]));
    const there = asText(toTemporalJson({ events: [event] }));
    expect(hex(fromTemporalJson(there).events)).toBe(hex([event]));
  });

  it('can be opened on the way out and closed on the way in', () => {
    const sealed = new Uint8Array([SEALED_BLOB, 42]);
    const places: BlobPlace[] = [];
    const there = toTemporalJson(
      { events: [start, signalOf(sealed)] },
      {
        open(_blob, place) {
          places.push(place);
          return [json('opened')];
        },
      },
    );
    expect(there.events[1]?.workflowExecutionSignaledEventAttributes).toMatchObject({
      input: { payloads: [jsonPayload('opened')] },
    });
    expect(there.events[1]).not.toHaveProperty('perdure');
    const { events } = fromTemporalJson(there, {
      close(payloads, place) {
        places.push(place);
        return new Uint8Array([SEALED_BLOB, payloads.length]);
      },
    });
    expect(events[1]?.attributes).toMatchObject({ input: new Uint8Array([SEALED_BLOB, 1]) });
    expect(places[0]).toEqual({ purpose: 'signal', workflowId: 'order-7' });
    expect(places.at(-1)).toEqual(places[0]);
  });
});

describe('what Temporal lacks', () => {
  it('stands under perdure on the event', () => {
    const [there] = toTemporalJson({
      events: [
        {
          eventId: 9,
          eventTime: 5,
          eventType: 'WorkflowPropertiesModified',
          attributes: {
            workflowTaskCompletedEventId: 4,
            upsertedMemo: encodePlainBlob([json({ gone: null, new: 1 })]),
            memo: encodePlainBlob([json({ new: 1 })]),
          },
        },
      ],
    }).events;
    expect(there).toMatchObject({
      workflowPropertiesModifiedEventAttributes: {
        upsertedMemo: {
          fields: { gone: { metadata: { encoding: btoa('binary/null') } }, new: jsonPayload(1) },
        },
      },
      perdure: { memo: { fields: { new: jsonPayload(1) } } },
    });
  });

  it('and has no place there brings the whole event along', () => {
    const event: HistoryEvent = {
      ...start,
      attributes: { ...start.attributes, workflowExecutionExpirationTime: 300_000_000_000_000 },
    };
    const there = toTemporalJson({ events: [event] });
    expect(there.events[0]).toMatchObject({
      workflowExecutionStartedEventAttributes: {
        workflowExecutionExpirationTime: '9999-12-31T23:59:59.999Z',
      },
      perdure: { event: Buffer.from(encodeEvents([event])).toString('base64') },
    });
    expect(hex(fromTemporalJson(asText(there)).events)).toBe(hex([event]));
  });

  it('an update that returned nothing succeeded', () => {
    const attributes = { updateId: 'u-1', acceptedEventId: 5 };
    const eventType = 'WorkflowExecutionUpdateCompleted';
    expect(attributesOf({ eventId: 6, eventTime: 5, eventType, attributes })).toEqual({
      meta: { updateId: 'u-1' },
      acceptedEventId: '5',
      outcome: { success: {} },
    });
  });

  it('the namespace is told where it is known', () => {
    const event: HistoryEvent = {
      eventId: 6,
      eventTime: 5,
      eventType: 'ExternalWorkflowExecutionSignaled',
      attributes: { initiatedEventId: 5, workflowExecution: { workflowId: 'w' } },
    };
    expect(attributesOf(event)).not.toHaveProperty('namespace');
    expect(attributesOf(event, { namespace: 'shop' })).toMatchObject({ namespace: 'shop' });
  });
});

describe('what Temporal wrote', () => {
  it('is read with its older words, numbers and nulls', () => {
    const scheduled = read({
      eventId: 5,
      eventType: 'ActivityTaskScheduled',
      activityTaskScheduledEventAttributes: {
        activityId: '1',
        activityType: { name: 'charge' },
        taskQueue: { name: 'worker-1-sticky', kind: 'Sticky', normalName: 'orders' },
        header: null,
        scheduleToCloseTimeout: '0s',
        startToCloseTimeout: '1.500000000s',
        workflowTaskCompletedEventId: '4',
        retryPolicy: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '100s' },
        useWorkflowBuildId: true,
      },
    });
    expect(normal(scheduled)).toEqual({
      eventId: 5,
      eventTime: Date.UTC(2026, 0, 31, 12),
      eventType: 'ActivityTaskScheduled',
      attributes: {
        activityId: '1',
        activityType: 'charge',
        taskQueue: 'orders',
        startToCloseTimeoutMs: 1_500,
        workflowTaskCompletedEventId: 4,
        retryPolicy: {
          initialIntervalMs: 1_000,
          backoffCoefficient: 2,
          maximumIntervalMs: 100_000,
          maximumAttempts: 0,
          nonRetryableErrorTypes: [],
        },
      },
    });
  });

  it('with failures of kinds we do not have are read as failures of the application', () => {
    const failed = read({
      eventId: '7',
      eventType: 'EVENT_TYPE_ACTIVITY_TASK_FAILED',
      activityTaskFailedEventAttributes: {
        failure: { message: 'reset', resetWorkflowFailureInfo: {} },
        retryState: 'NonRetryableFailure',
      },
    });
    expect(failed.attributes).toMatchObject({
      failure: { message: 'reset', info: { kind: 'application' } },
      retryState: 'NON_RETRYABLE_FAILURE',
    });
  });

  it('with a memo that is not JSON keeps its payloads to look at', () => {
    const bytes = { metadata: { encoding: btoa('binary/plain') }, data: 'AQI=' };
    const started = read({
      eventId: '1',
      eventType: 'EVENT_TYPE_WORKFLOW_EXECUTION_STARTED',
      workflowExecutionStartedEventAttributes: {
        memo: { fields: { plan: jsonPayload('a'), blob: bytes } },
      },
    });
    expect(started.attributes).toMatchObject({
      memo: encodePlainBlob([json({ plan: 'a', blob: bytes })]),
    });
  });

  it.each([
    [{ eventId: '5', eventType: 'EVENT_TYPE_NEXUS_OPERATION_STARTED' }, /no event type .*NEXUS/],
    [{ eventId: '5', eventType: 'constructor' }, /no event type constructor/],
    [{ eventId: 'five', eventType: 'EVENT_TYPE_TIMER_FIRED' }, /events\.0: .*whole number.*five/],
    [
      { eventId: '5', eventType: 'TimerFired', timerFiredEventAttributes: { timerId: 7 } },
      /events\.0: timerId: wanted text; got number/,
    ],
    [
      {
        eventId: '5',
        eventType: 'TimerStarted',
        timerStartedEventAttributes: { startToFireTimeout: '10' },
      },
      /startToFireTimeout: wanted a duration/,
    ],
    [
      {
        eventId: '5',
        eventType: 'WorkflowTaskTimedOut',
        workflowTaskTimedOutEventAttributes: { timeoutType: 'TIMEOUT_TYPE_LATE' },
      },
      /timeoutType: wanted TIMEOUT_TYPE_START_TO_CLOSE or .*; got TIMEOUT_TYPE_LATE/,
    ],
    [
      {
        eventId: '5',
        eventType: 'TimerFired',
        timerFiredEventAttributes: { timerId: 'x'.repeat(1_001) },
      },
      /events\.0: timerId: /,
    ],
    [
      {
        eventId: '5',
        eventType: 'TimerFired',
        timerFiredEventAttributes: {},
        perdure: { event: Buffer.from(encodeEvents([start])).toString('base64') },
      },
      /perdure\.event: wanted the bytes of this one event/,
    ],
  ])('is refused when it cannot be read: %j', (event, reason) => {
    expect(() => read(event)).toThrow(reason);
  });

  it.each([null, [], {}, { events: {} }, { events: [null] }])('is no history: %j', (there) => {
    expect(() => fromTemporalJson(there)).toThrow(/wanted (an object|a list)/);
  });
});

describe('forms', () => {
  it('base64 comes back, and is what others write', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 50 }), (bytes) => {
        const text = Buffer.from(bytes).toString('base64');
        expect(toBase64(bytes)).toBe(text);
        expect([...fromBase64(text)]).toEqual([...bytes]);
        expect([...fromBase64(Buffer.from(bytes).toString('base64url'))]).toEqual([...bytes]);
      }),
    );
  });

  it.each(['A', 'AAAAA', 'AA=A', 'A===', 'AA AA', 'é'])('not base64: %j', (text) => {
    expect(() => fromBase64(text)).toThrow(/wanted base64/);
  });

  it('times and durations come back', () => {
    fc.assert(
      fc.property(fc.nat(253_402_300_799_999), fc.nat(10_000_000), (eventTime, ms) => {
        const timer: HistoryEvent = {
          eventId: 3,
          eventTime,
          eventType: 'TimerStarted',
          attributes: { timerId: '1', startToFireTimeoutMs: ms, workflowTaskCompletedEventId: 2 },
        };
        const there = toTemporalJson({ events: [timer] });
        expect(there.events[0]).not.toHaveProperty('perdure');
        expect(hex(fromTemporalJson(there).events)).toBe(hex([timer]));
      }),
    );
  });

  it('times are read whatever their precision and zone', () => {
    const at = (eventTime: string) =>
      read({ eventId: '5', eventType: 'TimerFired', eventTime }).eventTime;
    expect(at('2026-01-31T12:00:00.123456789Z')).toBe(Date.UTC(2026, 0, 31, 12, 0, 0, 123));
    expect(at('2026-01-31T13:00:00.5+01:00')).toBe(Date.UTC(2026, 0, 31, 12, 0, 0, 500));
    expect(() => at('yesterday')).toThrow(/wanted a time/);
  });
});
