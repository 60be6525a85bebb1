/** Activities in workflows: semantics 1–5, 8–13, 20, 22–27, rules 2 and 6. */
import { describe, expect, test } from 'vitest';
import { activityById, nextDeadline } from '../src/index.ts';
import {
  Run,
  applicationFailure,
  attempts,
  blobOf,
  confirmCancel,
  requestCancel,
  schedule,
  succeed,
  startTimer,
} from './run-driver.ts';

describe('success', () => {
  test('semantics 1: an empty workflow has 5 events', () => {
    const run = Run.start().task(succeed);
    expect(run.story).toBe('S T OK');
    expect(run.state.status).toBe('COMPLETED');
    expect(run.state.wakeAt).toBe(0);
  });

  test('semantics 2: two activities in a row are 17 events', () => {
    const run = Run.start().task(schedule('foo')).run('foo').task(schedule('bar')).run('bar');
    run.task(succeed);
    expect(run.story).toBe('S T As Ast Ac T As Ast Ac T OK');
    expect(run.history).toHaveLength(17);
    expect(run.last('ActivityTaskCompleted')).toMatchObject({
      scheduledEventId: 11,
      startedEventId: 12,
      result: blobOf("bar's result"),
    });
    expect(run.last('WorkflowExecutionCompleted').workflowTaskCompletedEventId).toBe(16);
  });

  test('a decided activity is offered with its event, and once taken is not in the outbox', () => {
    const run = Run.start().task(schedule('foo', { input: blobOf('in') }));
    expect(run.followUps).toMatchObject([
      { kind: 'dispatchActivity', scheduledEventId: 5, activityId: 'foo', attempt: 1 },
    ]);
    const [offer] = run.followUps;
    expect(offer?.kind === 'dispatchActivity' && offer.scheduled?.attributes.input).toEqual(
      blobOf('in'),
    );
  });

  test('semantics 20: what is scheduled in the closing task precedes the close', () => {
    const run = Run.start().task(schedule('void'), startTimer('1', 1_000), succeed);
    expect(run.story).toBe('S T As Tm+ OK');
    expect(run.state.activities.size + run.state.timers.size).toBe(0);
  });
});

describe('retries', () => {
  test('semantics 3: failed attempts leave no events; the last writes Ast with its attempt', () => {
    const run = Run.start().task(schedule('a')).takeActivity('a');
    run.failActivity('a', applicationFailure('first'));
    expect(run.activity('a').attemptScheduledAt).toBe(run.now + 1_000);
    expect(run.state.wakeAt).toBeLessThanOrEqual(run.now + 1_000);
    run.sleep(1_000).takeActivity('a').failActivity('a', applicationFailure('second'));
    expect(run.activity('a').attemptScheduledAt).toBe(run.now + 2_000);
    run.sleep(2_000).run('a').task(succeed);
    expect(run.story).toBe('S T As Ast Ac T OK');
    expect(run.last('ActivityTaskStarted')).toMatchObject({
      attempt: 3,
      lastFailure: { message: 'second' },
    });
  });

  test('semantics 4: attempts exhausted', () => {
    const run = Run.start()
      .task(schedule('a', { retryPolicy: attempts(2) }))
      .takeActivity('a');
    run.failActivity('a', applicationFailure('first')).sleep(1_000).takeActivity('a');
    run.failActivity('a', applicationFailure('second'));
    expect(run.story).toBe('S T As Ast Af Ts');
    expect(run.last('ActivityTaskStarted').attempt).toBe(2);
    expect(run.last('ActivityTaskFailed')).toMatchObject({
      retryState: 'MAXIMUM_ATTEMPTS_REACHED',
      failure: { message: 'second' },
    });
  });

  test.each([
    ['flag', applicationFailure('x', { nonRetryable: true })],
    ['listed type', applicationFailure('x', { type: 'Fatal' })],
  ])('semantics 5: non-retryable by %s', (_, failure) => {
    const run = Run.start().task(schedule('a', { retryPolicy: attempts(0, ['Fatal']) }));
    run.takeActivity('a').failActivity('a', failure);
    expect(run.story).toBe('S T As Ast Af Ts');
    expect(run.last('ActivityTaskFailed')).toMatchObject({
      retryState: 'NON_RETRYABLE_FAILURE',
      failure,
    });
  });

  test('semantics 12: nextRetryDelay overrides interval and maximum once', () => {
    const run = Run.start().task(schedule('a')).takeActivity('a');
    run.failActivity('a', applicationFailure('x', { nextRetryDelayMs: 500_000 }));
    expect(run.activity('a').attemptScheduledAt).toBe(run.now + 500_000);
    run.sleep(500_000).takeActivity('a').failActivity('a');
    expect(run.activity('a').attemptScheduledAt).toBe(run.now + 2_000);
  });

  test('a retry delay of nothing dispatches at once', () => {
    const run = Run.start().task(schedule('a')).takeActivity('a');
    run.failActivity('a', applicationFailure('x', { nextRetryDelayMs: 0 }));
    expect(run.followUps).toMatchObject([{ kind: 'dispatchActivity', attempt: 2 }]);
  });

  test('a confirmed cancellation that nobody requested is a failed attempt', () => {
    const run = Run.start().task(schedule('a')).takeActivity('a').cancelActivity('a');
    expect(run.story).toBe('S T As');
    expect(run.activity('a')).toMatchObject({ attempt: 2, dispatched: false });
  });

  test('a lost attempt is repeated at once, fenced by its number', () => {
    const run = Run.start().task(schedule('a')).takeActivity('a', 'gone');
    const { scheduledEventId } = run.activity('a');
    run.ok({ kind: 'loseActivity', scheduledEventId, attempt: 1 });
    expect(run.followUps).toMatchObject([{ kind: 'dispatchActivity', attempt: 2 }]);
    const late = { kind: 'completeActivity', scheduledEventId, attempt: 1, identity: 'x' } as const;
    expect(run.apply(late)).toMatchObject([{ kind: 'rejected', reason: 'stale' }]);
    run.run('a').task(succeed);
    expect(run.story).toBe('S T As Ast Ac T OK');
  });

  test('a lost last attempt is left to its deadlines', () => {
    const run = Run.start()
      .task(schedule('a', { retryPolicy: attempts(1) }))
      .takeActivity('a');
    run.ok({ kind: 'loseActivity', scheduledEventId: 5, attempt: 1 });
    expect(run.activity('a')).toMatchObject({ attempt: 1, startedAt: run.now });
    run.sleep(60_000);
    expect(run.story).toBe('S T As Ast Ato Ts');
  });
});

describe('timeouts', () => {
  test('semantics 8: start-to-close of the last attempt, caused by the failure before', () => {
    const options = { startToCloseTimeoutMs: 5_000, retryPolicy: attempts(2) };
    const run = Run.start().task(schedule('a', options)).takeActivity('a');
    run.failActivity('a', applicationFailure('earlier')).sleep(1_000).takeActivity('a');
    run.sleep(5_000);
    expect(run.story).toBe('S T As Ast Ato Ts');
    expect(run.last('ActivityTaskTimedOut')).toMatchObject({
      retryState: 'MAXIMUM_ATTEMPTS_REACHED',
      failure: {
        message: 'activity StartToClose timeout',
        info: { kind: 'timeout', timeoutType: 'START_TO_CLOSE' },
        cause: { message: 'earlier' },
      },
    });
  });

  test('semantics 9: heartbeat timeout carries the last details', () => {
    const options = { heartbeatTimeoutMs: 2_000, retryPolicy: attempts(1) };
    const run = Run.start().task(schedule('a', options)).takeActivity('a');
    run.heartbeat('a', 'p1').sleep(1_500).heartbeat('a', 'p2').sleep(1_999);
    expect(run.story).toBe('S T As');
    run.sleep(1);
    expect(run.last('ActivityTaskTimedOut')).toMatchObject({
      failure: {
        message: 'activity Heartbeat timeout',
        info: { timeoutType: 'HEARTBEAT', lastHeartbeatDetails: blobOf('p2') },
      },
    });
  });

  test('semantics 9: the next attempt starts from the last reported details', () => {
    const run = Run.start()
      .task(schedule('a', { heartbeatTimeoutMs: 2_000 }))
      .takeActivity('a');
    run.heartbeat('a', 'p1').sleep(3_000);
    expect(run.activity('a')).toMatchObject({ attempt: 2, heartbeatDetails: blobOf('p1') });
  });

  test('semantics 10: schedule-to-start, without Ast, never retried', () => {
    const run = Run.start()
      .task(schedule('a', { scheduleToStartTimeoutMs: 3_000 }))
      .sleep(3_000);
    expect(run.story).toBe('S T As Ato Ts');
    expect(run.last('ActivityTaskTimedOut')).toMatchObject({
      startedEventId: 0,
      retryState: 'TIMEOUT',
      failure: { message: 'activity ScheduleToStart timeout' },
    });
  });

  test('schedule-to-start of a retry counts from its dispatch, however late that is', () => {
    const run = Run.start().task(schedule('a', { scheduleToStartTimeoutMs: 3_000 }));
    run.takeActivity('a').failActivity('a');
    run.now += 60_000;
    run.ok({ kind: 'wakeUp' });
    expect(run.followUps).toMatchObject([{ kind: 'dispatchActivity', attempt: 2 }]);
    run.sleep(2_999);
    expect(run.story).toBe('S T As');
    run.sleep(1);
    expect(run.story).toBe('S T As Ato Ts');
  });

  test('semantics 11: schedule-to-close while an attempt runs', () => {
    const run = Run.start().task(schedule('a', { scheduleToCloseTimeoutMs: 5_000 }));
    run.takeActivity('a').failActivity('a', applicationFailure('once')).sleep(1_000);
    run.takeActivity('a').sleep(4_000);
    expect(run.story).toBe('S T As Ast Ato Ts');
    expect(run.last('ActivityTaskTimedOut')).toMatchObject({
      retryState: 'TIMEOUT',
      failure: {
        message: 'activity ScheduleToClose timeout',
        info: { timeoutType: 'SCHEDULE_TO_CLOSE' },
        cause: { message: 'once' },
      },
    });
  });

  test('semantics 11: a failure whose back-off passes the deadline closes at once', () => {
    const run = Run.start().task(schedule('a', { scheduleToCloseTimeoutMs: 1_500 }));
    run.takeActivity('a').sleep(1_000).failActivity('a', applicationFailure('late'));
    expect(run.story).toBe('S T As Ast Af Ts');
    expect(run.last('ActivityTaskFailed')).toMatchObject({
      retryState: 'TIMEOUT',
      failure: { message: 'late' },
    });
  });

  test('semantics 11: an attempt timeout whose back-off passes the deadline', () => {
    const options = { scheduleToCloseTimeoutMs: 1_500, startToCloseTimeoutMs: 1_000 };
    const run = Run.start().task(schedule('a', options)).takeActivity('a').sleep(1_000);
    expect(run.story).toBe('S T As Ast Ato Ts');
    expect(run.last('ActivityTaskTimedOut')).toMatchObject({
      retryState: 'TIMEOUT',
      failure: {
        message: expect.stringContaining('Not enough time to schedule next retry'),
        info: { timeoutType: 'SCHEDULE_TO_CLOSE' },
        cause: { info: { timeoutType: 'START_TO_CLOSE' } },
      },
    });
  });

  test('a deadline that passed during a back-off is noticed in the same wake-up', () => {
    const run = Run.start().task(schedule('a', { scheduleToCloseTimeoutMs: 5_000 }));
    run.takeActivity('a').failActivity('a');
    run.now += 60_000;
    run.ok({ kind: 'wakeUp' });
    expect(run.story).toBe('S T As Ato Ts');
    expect(run.followUps).toMatchObject([{ kind: 'dispatchWorkflowTask' }]);
  });

  test.each([
    ['TemporalTimeout:StartToClose', { startToCloseTimeoutMs: 1_000 }],
    ['TemporalTimeout:Heartbeat', { heartbeatTimeoutMs: 1_000 }],
  ])('semantics 13: %s listed as not retryable', (name, options) => {
    const run = Run.start().task(schedule('a', { ...options, retryPolicy: attempts(0, [name]) }));
    run.takeActivity('a').sleep(1_000);
    expect(run.last('ActivityTaskTimedOut').retryState).toBe('NON_RETRYABLE_FAILURE');
  });

  test('semantics 13: policy and timeouts are filled and capped in the event', () => {
    const run = Run.start({ workflowRunTimeoutMs: 30_000 });
    run.task(
      schedule('a', { startToCloseTimeoutMs: 40_000, heartbeatTimeoutMs: 50_000 }),
      schedule('b', { startToCloseTimeoutMs: undefined, scheduleToCloseTimeoutMs: 5_000 }),
    );
    const [a, b] = run.history.filter((event) => event.eventType === 'ActivityTaskScheduled');
    expect(a?.attributes).toMatchObject({
      scheduleToCloseTimeoutMs: 30_000,
      startToCloseTimeoutMs: 30_000,
      heartbeatTimeoutMs: 30_000,
      retryPolicy: { initialIntervalMs: 1_000, maximumAttempts: 0 },
    });
    expect(b?.attributes).toMatchObject({
      scheduleToCloseTimeoutMs: 5_000,
      scheduleToStartTimeoutMs: 5_000,
      startToCloseTimeoutMs: 5_000,
    });
  });
});

describe('cancellation', () => {
  test('semantics 22: TRY_CANCEL, the workflow goes on at once', () => {
    const run = Run.start().task(schedule('a')).takeActivity('a', 'worker-1').signal();
    run.task(requestCancel('a'), succeed);
    expect(run.story).toBe('S T As Sig T Acr OK');
  });

  test('semantics 23: the worker is told, and confirms', () => {
    const run = Run.start().task(schedule('a')).takeActivity('a', 'worker-1').signal();
    run.task(requestCancel('a'));
    expect(run.followUps).toEqual([
      { kind: 'cancelActivity', scheduledEventId: 5, attempt: 1, session: 'worker-1' },
    ]);
    run.cancelActivity('a').task(succeed);
    expect(run.story).toBe('S T As Sig T Acr Ast Acn T OK');
    expect(run.last('ActivityTaskCanceled')).toMatchObject({
      latestCancelRequestedEventId: 10,
      startedEventId: 11,
    });
  });

  test('semantics 23: an activity that ignores the request completes', () => {
    const run = Run.start().task(schedule('a')).takeActivity('a').signal();
    run.task(requestCancel('a')).finishActivity('a');
    expect(run.story).toBe('S T As Sig T Acr Ast Ac Ts');
  });

  test('a heartbeat reminds the worker of a requested cancellation', () => {
    const run = Run.start().task(schedule('a')).takeActivity('a').signal();
    run.task(requestCancel('a')).heartbeat('a', 'p');
    expect(run.followUps).toMatchObject([{ kind: 'cancelActivity', scheduledEventId: 5 }]);
  });

  test('a failure after the request is not retried', () => {
    const run = Run.start().task(schedule('a')).takeActivity('a').signal();
    run.task(requestCancel('a')).failActivity('a');
    expect(run.last('ActivityTaskFailed').retryState).toBe('CANCEL_REQUESTED');
  });

  test('semantics 26: nobody has the attempt, so it is cancelled at once', () => {
    const run = Run.start().task(schedule('a')).signal().task(requestCancel('a'));
    expect(run.story).toBe('S T As Sig T Acr Acn Ts');
    expect(run.last('ActivityTaskCanceled')).toMatchObject({
      startedEventId: 0,
      latestCancelRequestedEventId: 10,
    });
  });

  test('semantics 26: likewise while it is backing off', () => {
    const run = Run.start().task(schedule('a')).takeActivity('a').failActivity('a').signal();
    run.task(requestCancel('a'));
    expect(run.story).toBe('S T As Sig T Acr Acn Ts');
  });

  test('semantics 25, tricky (f): cancelled in the scheduling task, the SDK sends nothing', () => {
    expect(Run.start().task(succeed).story).toBe('S T OK');
  });

  test('semantics 24: ABANDON sends no command; its late result is refused', () => {
    const run = Run.start().task(schedule('a')).takeActivity('a').signal().task(succeed);
    expect(run.story).toBe('S T As Sig T OK');
    const late = {
      kind: 'completeActivity',
      scheduledEventId: 5,
      attempt: 1,
      identity: 'x',
    } as const;
    expect(run.apply(late)).toMatchObject([{ kind: 'rejected', reason: 'notFound' }]);
  });

  test('semantics 27: a non-cancellable clean-up after a cancel request', () => {
    const run = Run.start().task(startTimer('1', 86_400_000)).requestCancel();
    run.task({ commandType: 'CancelTimer', timerId: '1' }, schedule('cleanup')).run('cleanup');
    run.task(confirmCancel);
    expect(run.story).toBe('S T Tm+ CR T Tm- As Ast Ac T CANCELED');
    expect(run.state.status).toBe('CANCELLED');
  });

  test('an activity whose outcome is buffered may still be cancelled', () => {
    const run = Run.start().task(schedule('a')).takeActivity('a').signal().takeTask();
    run.finishActivity('a');
    expect(run.finishTask(requestCancel('a'))).toEqual({ kind: 'accepted' });
    expect(run.story).toBe('S T As Sig T Acr Ast Ac Ts');
  });
});

describe('semantics 14: an activity that someone else completes', () => {
  const detached = (options = {}): Run => {
    const run = Run.start().task(schedule('a', options)).takeActivity('a');
    const { scheduledEventId, attempt } = run.activity('a');
    return run.ok({ kind: 'detachActivity', scheduledEventId, attempt });
  };

  test('ends like any other', () => {
    const run = detached();
    expect(activityById(run.state, 'a')).toMatchObject({ attempt: 1, session: undefined });
    run.heartbeat('a', 'half').finishActivity('a').task(succeed);
    expect(run.story).toBe('S T As Ast Ac T OK');
    expect(activityById(run.state, 'a')).toBeUndefined();
  });

  test('is not lost with the worker that let go of it, nor looked after', () => {
    const run = detached({ startToCloseTimeoutMs: 86_400_000 });
    const { scheduledEventId, attempt } = run.activity('a');
    const lose = { kind: 'loseActivity', scheduledEventId, attempt } as const;
    expect(run.apply(lose)).toMatchObject([{ kind: 'rejected', reason: 'stale' }]);
    expect(nextDeadline(run.state, run.now)).toBe(run.now + 86_400_000);
  });

  test('keeps its deadlines', () => {
    expect(detached({ retryPolicy: attempts(1) }).sleep(60_000).story).toBe('S T As Ast Ato Ts');
    const silent = detached({ heartbeatTimeoutMs: 1_000 }).sleep(1_000);
    expect(silent.activity('a').attempt).toBe(2);
  });
});
