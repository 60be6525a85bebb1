/** Scenarios 1–13: how runs begin and end, and what becomes of an activity. */
import { eventsOf, rejectionOf } from '@perdure/test-support';
import { expect } from 'vitest';
import { chainFrom } from './chain.ts';
import { historyOf, shape, useFixture } from './fixture.ts';
import { scriptedActivity } from './scripted-activity.ts';

const fixture = useFixture('activities', { act: scriptedActivity(() => fixture.env) });
const { scenario } = fixture;

const hourly = { retry: { initialInterval: '1 hour' } };
const once = { retry: { maximumAttempts: 1 } };
const failed = 'WorkflowFailedError: Workflow execution failed [RETRY_POLICY_NOT_SET]';
const activityFailed = (retryState: string) =>
  `ActivityFailure: Activity task failed [act 1, ${retryState}]`;
const activityTimedOut = (retryState: string) =>
  `ActivityFailure: Activity task timed out [act 1, ${retryState}]`;

scenario('1: a workflow returns', async ({ start }) => {
  const handle = await start('returns', [{ a: ['value'] }]);
  expect(await handle.result()).toEqual({ a: ['value'] });
  expect(await shape(handle)).toBe('S T OK');
  expect(await historyOf(handle)).toHaveLength(5);
});

scenario('2: two activities in a row are 17 events', async ({ start }) => {
  const handle = await start('twice');
  expect(await handle.result()).toEqual(['foo', 'bar']);
  expect(await shape(handle)).toBe('S T As Ast Ac T As Ast Ac T OK');
  expect(await historyOf(handle)).toHaveLength(17);
});

scenario('3: an activity is retried, and only its last attempt is recorded', async ({ start }) => {
  const steps = [{ throws: 'no luck' }, { throws: 'none again' }, { returns: 'luck' }];
  const handle = await start('callOnce', [hourly, ...steps]);
  expect(await handle.result()).toBe('luck');
  expect(await shape(handle)).toBe('S T As Ast Ac T OK');
  const [started] = eventsOf(await historyOf(handle), 'ActivityTaskStarted');
  expect(started?.attributes).toMatchObject({
    attempt: 3,
    lastFailure: { info: { kind: 'application', type: 'OrderError' } },
  });
});

scenario('4: attempts are exhausted', async ({ start }) => {
  const retry = { ...hourly.retry, maximumAttempts: 2 };
  const handle = await start('callOnce', [{ retry }, { throws: 'first' }, { throws: 'second' }]);
  expect(await chainFrom(handle.result())).toEqual([
    failed,
    activityFailed('MAXIMUM_ATTEMPTS_REACHED'),
    'ApplicationFailure: second [OrderError]',
  ]);
  expect(await shape(handle)).toBe('S T As Ast Af T FAIL');
  const [started] = eventsOf(await historyOf(handle), 'ActivityTaskStarted');
  expect(started?.attributes.attempt).toBe(2);
});

scenario('5: a failure is not to be retried, as it says', async ({ start }) => {
  const handle = await start('callOnce', [hourly, { fails: 'never again', nonRetryable: true }]);
  expect(await chainFrom(handle.result())).toEqual([
    failed,
    activityFailed('NON_RETRYABLE_FAILURE'),
    'ApplicationFailure: never again [Planned, nonRetryable]',
  ]);
  expect(await shape(handle)).toBe('S T As Ast Af T FAIL');
});

scenario('5: a failure is not to be retried, as the policy lists its type', async ({ start }) => {
  const retry = { ...hourly.retry, nonRetryableErrorTypes: ['OrderError'] };
  const handle = await start('callOnce', [{ retry }, { throws: 'listed' }]);
  expect(await chainFrom(handle.result())).toEqual([
    failed,
    activityFailed('NON_RETRYABLE_FAILURE'),
    'ApplicationFailure: listed [OrderError]',
  ]);
  expect(await shape(handle)).toBe('S T As Ast Af T FAIL');
});

scenario('6: an activity throws what is no error', async ({ start }) => {
  const handle = await start('callOnce', [once, { throwsText: 'just a string' }]);
  expect(await chainFrom(handle.result())).toEqual([
    failed,
    activityFailed('MAXIMUM_ATTEMPTS_REACHED'),
    'ApplicationFailure: just a string',
  ]);
  expect(await shape(handle)).toBe('S T As Ast Af T FAIL');
});

scenario('7: an activity type that the worker does not have', async ({ start }) => {
  const handle = await start('callNamed', [
    'missing',
    { retry: { ...hourly.retry, maximumAttempts: 3 } },
  ]);
  const [first, second, third] = await chainFrom(handle.result());
  expect([first, second]).toEqual([
    failed,
    'ActivityFailure: Activity task failed [missing 1, MAXIMUM_ATTEMPTS_REACHED]',
  ]);
  expect(third).toMatch(/^ApplicationFailure: .*missing.*act.*\[NotFoundError\]$/);
  expect(await shape(handle)).toBe('S T As Ast Af T FAIL');
  const [started] = eventsOf(await historyOf(handle), 'ActivityTaskStarted');
  expect(started?.attributes.attempt).toBe(3);
});

scenario('8: the last attempt takes too long', async ({ start }) => {
  const retry = { ...hourly.retry, maximumAttempts: 2 };
  const handle = await start('callOnce', [{ retry }, { throws: 'first' }, { hangsFor: '2 hours' }]);
  expect(await chainFrom(handle.result())).toEqual([
    failed,
    activityTimedOut('MAXIMUM_ATTEMPTS_REACHED'),
    'TimeoutFailure: activity StartToClose timeout [START_TO_CLOSE]',
    'ApplicationFailure: first [OrderError]',
  ]);
  expect(await shape(handle)).toBe('S T As Ast Ato T FAIL');
});

const unthrottled = { maxHeartbeatThrottleInterval: '10ms' } as const;
const silent = { hangsFor: '2 hours', heartbeats: ['p1', 'p2'] };

scenario(
  '9: heartbeats stop coming',
  async ({ start }) => {
    const options = { ...once, startToCloseTimeout: '1 day', heartbeatTimeout: '1 hour' };
    const handle = await start('callOnce', [options, silent]);
    const error = await rejectionOf(handle.result());
    expect(await chainFrom(Promise.reject(error))).toEqual([
      failed,
      activityTimedOut('MAXIMUM_ATTEMPTS_REACHED'),
      'TimeoutFailure: activity Heartbeat timeout [HEARTBEAT]',
    ]);
    expect((error.cause as Error).cause).toMatchObject({ lastHeartbeatDetails: 'p2' });
    expect(await shape(handle)).toBe('S T As Ast Ato T FAIL');
  },
  unthrottled,
);

scenario(
  '9: the next attempt finds what the last heartbeat said',
  async ({ start }) => {
    const options = { ...hourly, startToCloseTimeout: '1 day', heartbeatTimeout: '1 hour' };
    const handle = await start('callOnce', [options, silent, 'returns heartbeat details']);
    expect(await handle.result()).toBe('p2');
    expect(await shape(handle)).toBe('S T As Ast Ac T OK');
  },
  unthrottled,
);

scenario('10: nobody takes an activity in time', async ({ start }) => {
  const options = { ...hourly, taskQueue: 'deserted', scheduleToStartTimeout: '2 hours' };
  const handle = await start('callOnce', [options, { returns: 'never' }]);
  expect(await chainFrom(handle.result())).toEqual([
    failed,
    activityTimedOut('TIMEOUT'),
    'TimeoutFailure: activity ScheduleToStart timeout [SCHEDULE_TO_START]',
  ]);
  expect(await shape(handle)).toBe('S T As Ato T FAIL');
});

scenario('11: the next back-off would pass the deadline after a failure', async ({ start }) => {
  const options = { ...hourly, scheduleToCloseTimeout: '2 hours' };
  const handle = await start('callUnbounded', [options, { throws: 'first' }, { throws: 'second' }]);
  expect(await chainFrom(handle.result())).toEqual([
    failed,
    activityFailed('TIMEOUT'),
    'ApplicationFailure: second [OrderError]',
  ]);
  expect(await shape(handle)).toBe('S T As Ast Af T FAIL');
});

scenario('11: the deadline passes while an attempt runs', async ({ start }) => {
  const options = { ...hourly, scheduleToCloseTimeout: '2 hours' };
  const steps = [{ throws: 'first' }, { hangsFor: '3 hours' }];
  const handle = await start('callUnbounded', [options, ...steps]);
  expect(await chainFrom(handle.result())).toEqual([
    failed,
    activityTimedOut('TIMEOUT'),
    'TimeoutFailure: activity ScheduleToClose timeout [SCHEDULE_TO_CLOSE]',
    'ApplicationFailure: first [OrderError]',
  ]);
  expect(await shape(handle)).toBe('S T As Ast Ato T FAIL');
});

scenario('11: the next back-off would pass the deadline after a timeout', async ({ start }) => {
  const options = { scheduleToCloseTimeout: '90 minutes', startToCloseTimeout: '1 hour' };
  const handle = await start('callOnce', [{ ...hourly, ...options }, { hangsFor: '2 hours' }]);
  expect(await chainFrom(handle.result())).toEqual([
    failed,
    activityTimedOut('TIMEOUT'),
    'TimeoutFailure: Not enough time to schedule next retry before activity ScheduleToClose ' +
      'timeout, giving up retrying [SCHEDULE_TO_CLOSE]',
    'TimeoutFailure: activity StartToClose timeout [START_TO_CLOSE]',
  ]);
  expect(await shape(handle)).toBe('S T As Ast Ato T FAIL');
});

scenario('12: a failure says when to try again', async ({ start, env }) => {
  const retry = { initialInterval: '1 second', maximumInterval: '2 seconds' };
  const handle = await start('callOnce', [
    { retry },
    { fails: 'later', retryIn: '10 hours' },
    { throws: 'as usual' },
    { returns: 'then' },
  ]);
  const before = await env.currentTimeMs();
  expect(await handle.result()).toBe('then');
  const hours = ((await env.currentTimeMs()) - before) / 3_600_000;
  expect(Math.floor(hours)).toBe(10);
  expect(await shape(handle)).toBe('S T As Ast Ac T OK');
});

scenario('12: a failure’s delay does not lift the limit of attempts', async ({ start }) => {
  const handle = await start('callOnce', [once, { fails: 'later', retryIn: '10 hours' }]);
  expect(await chainFrom(handle.result())).toEqual([
    failed,
    activityFailed('MAXIMUM_ATTEMPTS_REACHED'),
    'ApplicationFailure: later [Planned]',
  ]);
});

scenario('12: nor does it lift the deadline', async ({ start }) => {
  const steps = [{ fails: 'later', retryIn: '10 hours' }];
  const handle = await start('callUnbounded', [{ scheduleToCloseTimeout: '9 hours' }, ...steps]);
  expect(await chainFrom(handle.result())).toEqual([
    failed,
    activityFailed('TIMEOUT'),
    'ApplicationFailure: later [Planned]',
  ]);
  expect(await shape(handle)).toBe('S T As Ast Af T FAIL');
});

scenario('13: without a policy there is the default one', async ({ start }) => {
  const handle = await start('callOnce', [{}, ...Array(9).fill({ throws: 'no' }), { returns: 10 }]);
  expect(await handle.result()).toBe(10);
  const events = await historyOf(handle);
  const [scheduled] = eventsOf(events, 'ActivityTaskScheduled');
  expect(scheduled?.attributes.retryPolicy).toMatchObject({
    initialIntervalMs: 1_000,
    backoffCoefficient: 2,
    maximumIntervalMs: 100_000,
    maximumAttempts: 0,
  });
  const [started] = eventsOf(events, 'ActivityTaskStarted');
  expect(started?.attributes.attempt).toBe(10);
  // 1 + 2 + 4 + … + 64 + 100 + 100 seconds.
  const waited = started!.eventTime - scheduled!.eventTime;
  expect(waited).toBeGreaterThanOrEqual(327_000);
});

scenario('13: timeouts can be listed as not to be retried', async ({ start }) => {
  const retry = { ...hourly.retry, nonRetryableErrorTypes: ['TemporalTimeout:StartToClose'] };
  const handle = await start('callOnce', [{ retry }, { hangsFor: '2 hours' }]);
  expect(await chainFrom(handle.result())).toEqual([
    failed,
    activityTimedOut('NON_RETRYABLE_FAILURE'),
    'TimeoutFailure: activity StartToClose timeout [START_TO_CLOSE]',
  ]);
  expect(await shape(handle)).toBe('S T As Ast Ato T FAIL');
});
