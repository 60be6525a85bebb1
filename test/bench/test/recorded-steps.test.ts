/** What W7 takes for a recorded step: that, and by which attempt, decides what may not run again. */
import type { HistoryEvent } from '@perdure/protocol';
import { expect, test } from 'vitest';
import { recordedSteps } from '../src/measure/recorded-steps.ts';

let eventId = 0;
function event(eventType: string, attributes: object): HistoryEvent {
  eventId += 1;
  return { eventId, eventTime: 1_000 + eventId, eventType, attributes } as unknown as HistoryEvent;
}

test('a step is recorded by its completion, with the attempt that completed', () => {
  const events = [
    event('ActivityTaskScheduled', { activityType: 'slowFoo' }),
    event('ActivityTaskStarted', { scheduledEventId: 1, attempt: 2 }),
    event('ActivityTaskCompleted', { scheduledEventId: 1, startedEventId: 2 }),
    event('ActivityTaskScheduled', { activityType: 'slowBar' }),
    event('ActivityTaskStarted', { scheduledEventId: 4, attempt: 1 }),
  ];
  expect(recordedSteps(events)).toEqual([
    { activityType: 'slowFoo', attempt: 2, recordedAt: 1_003 },
  ]);
});

test('a completion of nothing is an error', () => {
  const stray = [event('ActivityTaskCompleted', { scheduledEventId: 1, startedEventId: 2 })];
  expect(() => recordedSteps(stray)).toThrow('was not scheduled and started');
});
