import type { HistoryEvent } from '@perdure/protocol';
import { describe, expect, it } from 'vitest';
import { flawsOf } from '../src/index.ts';

/** A history from its events' types and what they refer to; times and ids as they should be. */
function history(...events: [type: string, attributes?: object][]): HistoryEvent[] {
  return events.map(
    ([eventType, attributes = {}], i) =>
      ({ eventId: i + 1, eventTime: 1_000 + i, eventType, attributes }) as unknown as HistoryEvent,
  );
}

const started = ['WorkflowExecutionStarted'] as [string];
const task = (at: number): [string, object][] => [
  ['WorkflowTaskScheduled', {}],
  ['WorkflowTaskStarted', { scheduledEventId: at }],
  ['WorkflowTaskCompleted', { scheduledEventId: at, startedEventId: at + 1 }],
];
const byTask = { workflowTaskCompletedEventId: 4 };
const completed: [string, object] = ['WorkflowExecutionCompleted', byTask];

describe('a well-formed history', () => {
  it('has nothing to be said of it, open or closed', () => {
    expect(flawsOf(history(started, ...task(2)), false)).toEqual([]);
    expect(flawsOf(history(started, ...task(2), completed), true)).toEqual([]);
  });

  it('may tell of timers, activities, children and messages', () => {
    const events = history(
      started,
      ...task(2),
      ['TimerStarted', { ...byTask, timerId: '1' }],
      ['ActivityTaskScheduled', byTask],
      ['StartChildWorkflowExecutionInitiated', byTask],
      ['SignalExternalWorkflowExecutionInitiated', byTask],
      ['TimerFired', { timerId: '1', startedEventId: 5 }],
      ['ActivityTaskStarted', { scheduledEventId: 6 }],
      ['ActivityTaskCompleted', { scheduledEventId: 6, startedEventId: 10 }],
      ['ChildWorkflowExecutionStarted', { initiatedEventId: 7 }],
      ['ChildWorkflowExecutionFailed', { initiatedEventId: 7, startedEventId: 12 }],
      ['ExternalWorkflowExecutionSignaled', { initiatedEventId: 8 }],
      ['WorkflowExecutionTerminated'],
    );
    expect(flawsOf(events, true)).toEqual([]);
  });
});

describe('what is wrong is told', () => {
  const open = [started, ...task(2)] as [string, object?][];
  const asked = [...open, ['StartChildWorkflowExecutionInitiated', byTask]] as [string, object?][];
  const running = [...asked, ['ChildWorkflowExecutionStarted', { initiatedEventId: 5 }]] as [
    string,
    object?,
  ][];
  const closed: [string, object] = [
    'ChildWorkflowExecutionCompleted',
    { initiatedEventId: 5, startedEventId: 6 },
  ];

  it.each<[string, [string, object?][], boolean, RegExp]>([
    ['no events', [], false, /there are no events/],
    ['no start', [['WorkflowTaskScheduled']], false, /not where a start belongs/],
    [
      'a close before the end',
      [started, ['WorkflowExecutionTerminated'], ['WorkflowTaskScheduled']],
      true,
      /closes a run that went on/,
    ],
    ['no close', open, true, /last of a closed run and no close/],
    [
      'a task that nobody scheduled',
      [started, ['WorkflowTaskStarted', { scheduledEventId: 1 }]],
      false,
      /not WorkflowTaskScheduled/,
    ],
    [
      'another timer',
      [
        ...open,
        ['TimerStarted', { ...byTask, timerId: '1' }],
        ['TimerFired', { timerId: '2', startedEventId: 5 }],
      ],
      false,
      /ends another timer/,
    ],
    [
      'a child that nobody asked for',
      [...open, ['ChildWorkflowExecutionStarted', { initiatedEventId: 3 }]],
      false,
      /not StartChildWorkflowExecutionInitiated/,
    ],
    [
      'the end of another child',
      [...running, ['ChildWorkflowExecutionFailed', { initiatedEventId: 4, startedEventId: 6 }]],
      false,
      /ends another child/,
    ],
    ['two ends of a child', [...running, closed, closed], false, /event 5 began has ended before/],
    [
      'an answer to another kind of message',
      [...asked, ['ExternalWorkflowExecutionSignaled', { initiatedEventId: 5 }]],
      false,
      /not SignalExternalWorkflowExecutionInitiated/,
    ],
    [
      'an update completed unaccepted',
      [...open, ['WorkflowExecutionUpdateCompleted', { acceptedEventId: 4 }]],
      false,
      /not WorkflowExecutionUpdateAccepted/,
    ],
  ])('%s', (_, events, isClosed, flaw) => {
    const flaws = flawsOf(history(...events), isClosed);
    expect(
      flaws.some((each) => flaw.test(each)),
      flaws.join('; '),
    ).toBe(true);
  });

  it('gaps between ids, and time that runs back', () => {
    const [first, second] = history(started, ['WorkflowTaskScheduled']);
    expect(flawsOf([first!, { ...second!, eventId: 3 }], false)[0]).toMatch(/wanted id 2/);
    expect(flawsOf([first!, { ...second!, eventTime: 0 }], false)[0]).toMatch(/earlier than/);
  });
});
