/** Scenarios 3–13 of the semantics: how activities fail, retry and time out. */
import { activityInfo, cancelled, heartbeat } from '@perdure/activity';
import { WorkflowFailedError } from '@perdure/client';
import {
  ActivityFailure,
  ApplicationFailure,
  RetryState,
  TimeoutFailure,
  TimeoutType,
} from '@perdure/common';
import { eventsOf, eventually, rejectionOf } from '@perdure/test-support';
import { expect, it } from 'vitest';
import { historyOf, shape, useFixture } from './fixture.ts';

const fixture = useFixture('failures');
const quick = { retry: { initialInterval: '10ms' } };
const once = { retry: { maximumAttempts: 1 } };
/** Hangs until the server or the end of the test calls it off. */
const never = (): Promise<never> => cancelled();

class OrderError extends Error {}

/** The chain of a failed run: WorkflowFailedError, ActivityFailure, and what the activity did. */
async function chainOf(result: Promise<unknown>) {
  const top = await rejectionOf(result);
  expect(top).toBeInstanceOf(WorkflowFailedError);
  expect(top.message).toBe('Workflow execution failed');
  const activity = top.cause as ActivityFailure;
  expect(activity).toBeInstanceOf(ActivityFailure);
  return { activity, cause: activity.cause as ApplicationFailure & TimeoutFailure };
}

it('3: a retried activity leaves one Started event, with the last attempt and failure', async () => {
  const act = async () => {
    const { attempt } = activityInfo();
    if (attempt < 3) throw new Error(`no luck at ${attempt}`);
    return `done at ${attempt}`;
  };
  await fixture.worker({ activities: { act } });
  const handle = await fixture.start('callOnce', quick);
  expect(await handle.result()).toBe('done at 3');
  expect(await shape(handle)).toBe('S T As Ast Ac T OK');
  const [started] = eventsOf(await historyOf(handle), 'ActivityTaskStarted');
  expect(started?.attributes).toMatchObject({
    attempt: 3,
    lastFailure: { info: { kind: 'application', type: 'Error' } },
  });
});

it('3: while it backs off the pending view tells attempt, last failure and next attempt', async () => {
  let mended = false;
  const act = async () => {
    if (mended) return 'mended';
    throw new OrderError('the shop is closed');
  };
  await fixture.worker({ activities: { act } });
  const retry = { initialInterval: '1 minute' };
  const handle = await fixture.start('callOnce', { retry });
  const pending = await eventually(async () => {
    const { pendingActivities } = await handle.describe();
    expect(pendingActivities[0]?.state).toBe('BACKING_OFF');
    return pendingActivities[0]!;
  });
  expect(pending).toMatchObject({ activityType: 'act', activityId: '1', attempt: 2 });
  expect(pending.lastFailure).toBeInstanceOf(ApplicationFailure);
  expect(pending.lastFailure).toMatchObject({ message: 'the shop is closed', type: 'OrderError' });
  const waits = pending.nextAttemptTime!.getTime() - pending.scheduledTime.getTime();
  expect(waits).toBeGreaterThanOrEqual(60_000);
  mended = true;
  await handle.terminate('seen enough');
});

it('3: shows a failing attempt and, once mended, completes by itself', async () => {
  let mended = false;
  const act = async () => {
    if (mended) return `mended at ${activityInfo().attempt}`;
    throw new Error('broken');
  };
  await fixture.worker({ activities: { act } });
  const retry = { initialInterval: '20ms', maximumInterval: '50ms' };
  const handle = await fixture.start('callOnce', { retry });
  await eventually(async () => {
    const [pending] = (await handle.describe()).pendingActivities;
    expect(pending?.attempt).toBeGreaterThan(3);
    expect(pending?.lastFailure?.message).toBe('broken');
  });
  mended = true;
  expect(await handle.result()).toMatch(/^mended at \d+$/);
  expect((await handle.describe()).pendingActivities).toEqual([]);
});

it('4: exhausted attempts end in the whole chain of causes', async () => {
  const act = async () => {
    throw new OrderError(`refused at ${activityInfo().attempt}`);
  };
  await fixture.worker({ activities: { act } });
  const handle = await fixture.start('callOnce', {
    retry: { initialInterval: '10ms', maximumAttempts: 2 },
  });
  const { activity, cause } = await chainOf(handle.result());
  expect(activity).toMatchObject({
    message: 'Activity task failed',
    retryState: RetryState.MAXIMUM_ATTEMPTS_REACHED,
    activityType: 'act',
    activityId: '1',
  });
  expect(cause).toBeInstanceOf(ApplicationFailure);
  expect(cause).toMatchObject({ message: 'refused at 2', type: 'OrderError', nonRetryable: false });
  expect(cause.stack).toContain('failures.test.ts');
  expect(await shape(handle)).toBe('S T As Ast Af T FAIL');
  const [started] = eventsOf(await historyOf(handle), 'ActivityTaskStarted');
  expect(started?.attributes.attempt).toBe(2);
});

it('5: a non-retryable failure is not retried, by its flag or by its type', async () => {
  const act = async (kind: unknown) => {
    if (kind === 'flag') throw ApplicationFailure.nonRetryable('never again', 'Flagged', 1, 'two');
    throw new OrderError('listed');
  };
  await fixture.worker({ activities: { act } });
  const flagged = await fixture.start('callOnce', quick, 'flag');
  const byFlag = await chainOf(flagged.result());
  expect(byFlag.activity.retryState).toBe(RetryState.NON_RETRYABLE_FAILURE);
  expect(byFlag.cause).toMatchObject({ type: 'Flagged', nonRetryable: true, details: [1, 'two'] });

  const retry = { initialInterval: '10ms', nonRetryableErrorTypes: ['OrderError'] };
  const listed = await fixture.start('callOnce', { retry }, 'type');
  const byType = await chainOf(listed.result());
  expect(byType.activity.retryState).toBe(RetryState.NON_RETRYABLE_FAILURE);
  expect(byType.cause).toMatchObject({ type: 'OrderError', nonRetryable: false });
  for (const handle of [flagged, listed]) {
    expect(await shape(handle)).toBe('S T As Ast Af T FAIL');
    const [started] = eventsOf(await historyOf(handle), 'ActivityTaskStarted');
    expect(started?.attributes.attempt).toBe(1);
  }
});

it('6: a thrown text becomes an application failure without a type', async () => {
  const act = async () => {
    // oxlint-disable-next-line typescript/only-throw-error -- this is the case under test
    throw 'just a string';
  };
  await fixture.worker({ activities: { act } });
  const handle = await fixture.start('callOnce', once);
  const { cause } = await chainOf(handle.result());
  expect(cause.message).toBe('just a string');
  expect(cause.type || '').toBe('');
});

it('7: an unknown activity type is retried, and says what there is', async () => {
  await fixture.worker({ activities: { act: never, other: never } });
  const handle = await fixture.start('callNamed', 'missing', {
    retry: { initialInterval: '10ms', maximumAttempts: 2 },
  });
  const { activity, cause } = await chainOf(handle.result());
  expect(activity.retryState).toBe(RetryState.MAXIMUM_ATTEMPTS_REACHED);
  expect(cause).toMatchObject({ type: 'NotFoundError' });
  expect(cause.message).toContain('missing');
  expect(cause.message).toContain('"act", "other"');
});

it('8: start-to-close ends a hanging attempt, with the failure before as its cause', async () => {
  const act = async () => {
    if (activityInfo().attempt === 1) throw new Error('first');
    return never();
  };
  await fixture.worker({ activities: { act } });
  const handle = await fixture.start('callOnce', {
    startToCloseTimeout: '200ms',
    retry: { initialInterval: '10ms', maximumAttempts: 2 },
  });
  const { activity, cause } = await chainOf(handle.result());
  expect(activity.message).toBe('Activity task timed out');
  expect(activity.retryState).toBe(RetryState.MAXIMUM_ATTEMPTS_REACHED);
  expect(cause).toBeInstanceOf(TimeoutFailure);
  expect(cause).toMatchObject({
    message: 'activity StartToClose timeout',
    timeoutType: TimeoutType.START_TO_CLOSE,
  });
  expect((cause.cause as Error).message).toBe('first');
  expect(await shape(handle)).toBe('S T As Ast Ato T FAIL');
});

it('9: a missing heartbeat ends an attempt with the details of the last one', async () => {
  const act = async () => {
    heartbeat('p1');
    heartbeat('p2');
    await never();
  };
  await fixture.worker({ activities: { act } });
  const handle = await fixture.start('callOnce', { heartbeatTimeout: '400ms', ...once });
  const { activity, cause } = await chainOf(handle.result());
  expect(activity.retryState).toBe(RetryState.MAXIMUM_ATTEMPTS_REACHED);
  expect(cause).toMatchObject({
    message: 'activity Heartbeat timeout',
    timeoutType: TimeoutType.HEARTBEAT,
    lastHeartbeatDetails: 'p2',
  });
  expect(await shape(handle)).toBe('S T As Ast Ato T FAIL');
});

it('9: the next attempt finds what the last heartbeat said, and describe shows it', async () => {
  const act = async () => {
    const { attempt, heartbeatDetails } = activityInfo();
    if (attempt === 2) return heartbeatDetails;
    heartbeat({ progress: 7 });
    return never();
  };
  await fixture.worker({ activities: { act } });
  const handle = await fixture.start('callOnce', { heartbeatTimeout: '500ms', ...quick });
  await eventually(async () => {
    const [pending] = (await handle.describe()).pendingActivities;
    expect(pending?.heartbeatDetails).toEqual({ progress: 7 });
  });
  expect(await handle.result()).toEqual({ progress: 7 });
});

it('10: nobody took it in time, and it is not retried', async () => {
  await fixture.worker();
  const handle = await fixture.start('callOnce', {
    scheduleToStartTimeout: '100ms',
    ...quick,
  });
  const { activity, cause } = await chainOf(handle.result());
  expect(activity.retryState).toBe(RetryState.TIMEOUT);
  expect(cause.timeoutType).toBe(TimeoutType.SCHEDULE_TO_START);
  expect(await shape(handle)).toBe('S T As Ato T FAIL');
});

it('11: schedule-to-close ends retries, with the last failure', async () => {
  const act = async () => {
    throw new OrderError('still closed');
  };
  await fixture.worker({ activities: { act } });
  const handle = await fixture.start('callOnce', {
    scheduleToCloseTimeout: '300ms',
    retry: { initialInterval: '100ms', backoffCoefficient: 1 },
  });
  const { activity, cause } = await chainOf(handle.result());
  expect(activity.message).toBe('Activity task failed');
  expect(activity.retryState).toBe(RetryState.TIMEOUT);
  expect(cause.message).toBe('still closed');
  expect(await shape(handle)).toBe('S T As Ast Af T FAIL');
});

it('11: schedule-to-close ends a running attempt', async () => {
  await fixture.worker({ activities: { act: never } });
  const handle = await fixture.start('callOnce', { scheduleToCloseTimeout: '200ms' });
  const { activity, cause } = await chainOf(handle.result());
  expect(activity.retryState).toBe(RetryState.TIMEOUT);
  expect(cause.timeoutType).toBe(TimeoutType.SCHEDULE_TO_CLOSE);
  expect(await shape(handle)).toBe('S T As Ast Ato T FAIL');
});

it('12: nextRetryDelay replaces the interval of one retry', async () => {
  const act = async () => {
    if (activityInfo().attempt > 1) return 'soon enough';
    throw ApplicationFailure.create({ message: 'again', nextRetryDelay: '10ms' });
  };
  await fixture.worker({ activities: { act } });
  const handle = await fixture.start('callOnce', { retry: { initialInterval: '1 hour' } });
  expect(await handle.result()).toBe('soon enough');
});
