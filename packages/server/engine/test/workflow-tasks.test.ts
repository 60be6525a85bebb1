/** Workflow tasks, buffering, failures and closing: semantics 15–18, 21, 28, 36–59, rules 1–5. */
import { describe, expect, test } from 'vitest';
import type { Command, WorkflowTaskFailedCause } from '@perdure/protocol';
import { outboxOf, transientEvents } from '../src/index.ts';
import {
  Run,
  acceptUpdate,
  applicationFailure,
  cancelExternal,
  cancelTimer,
  completeUpdate,
  confirmCancel,
  continueAsNew,
  fail,
  marker,
  requestCancel,
  schedule,
  signalExternal,
  startChild,
  startTimer,
  succeed,
  upsertSearchAttributes,
} from './run-driver.ts';

describe('timers', () => {
  test('semantics 15: a timer fires', () => {
    const run = Run.start().task(startTimer('1', 100));
    expect(run.state.wakeAt).toBe(run.now + 100);
    run.sleep(99);
    expect(run.story).toBe('S T Tm+');
    run.sleep(1).task(succeed);
    expect(run.story).toBe('S T Tm+ Tm! T OK');
    expect(run.last('TimerFired')).toEqual({ timerId: '1', startedEventId: 5 });
  });

  test('semantics 16 and 18: a timer is cancelled later', () => {
    const run = Run.start().task(startTimer('1', 100), startTimer('2', 5_000)).sleep(100);
    run.task(cancelTimer('2'), succeed);
    expect(run.story).toBe('S T Tm+ Tm+ Tm! T Tm- OK');
  });

  test('semantics 17: started and cancelled in one task, the SDK sends nothing', () => {
    expect(Run.start().task(succeed).story).toBe('S T OK');
  });

  test('timers due together fire in order of due time, then of starting, before one task', () => {
    const run = Run.start().task(startTimer('b', 50), startTimer('a', 50), startTimer('c', 40));
    run.now += 60;
    run.ok({ kind: 'wakeUp' });
    const fired = run.history.filter((event) => event.eventType === 'TimerFired');
    expect(fired.map((event) => event.attributes.timerId)).toEqual(['c', 'b', 'a']);
    expect(run.story).toBe('S T Tm+ Tm+ Tm+ Tm! Tm! Tm! Ts');
  });

  test('a wake-up that finds nothing due changes nothing but the next wake-up', () => {
    const run = Run.start().task(schedule('a')).takeActivity('a');
    const { wakeAt, nextEventId } = run.state;
    run.now = wakeAt;
    run.ok({ kind: 'wakeUp' });
    expect(run.state.nextEventId).toBe(nextEventId);
    expect(run.state.wakeAt).toBeGreaterThan(wakeAt);
  });
});

describe('cancel request', () => {
  test('semantics 21: the workflow confirms', () => {
    const run = Run.start().task(startTimer('1', 86_400_000)).requestCancel();
    run.task(cancelTimer('1'), confirmCancel);
    expect(run.story).toBe('S T Tm+ CR T Tm- CANCELED');
  });

  test('semantics 28: the workflow goes on regardless', () => {
    const run = Run.start().task(startTimer('1', 100)).requestCancel().task().sleep(100);
    run.task(succeed);
    expect(run.story).toBe('S T Tm+ CR T Tm! T OK');
  });

  test('a second request changes nothing, buffered or not', () => {
    const run = Run.start().requestCancel().requestCancel();
    expect(run.story).toBe('S Ts CR');
    const busy = Run.start().takeTask().requestCancel().requestCancel();
    expect(busy.state.buffered).toHaveLength(1);
  });

  test('confirming what nobody requested is refused', () => {
    const run = Run.start().takeTask();
    expect(run.finishTask(confirmCancel)).toMatchObject({ kind: 'taskFailed' });
    expect(run.last('WorkflowTaskFailed').cause).toBe('BAD_CANCEL_WORKFLOW_EXECUTION_ATTRIBUTES');
  });
});

describe('rules 1 and 2: order and buffering', () => {
  test('semantics 75: a task during which too many signals come fails, so that they are seen', () => {
    const run = Run.start().task(schedule('a')).signal().takeTask();
    for (let i = 0; i < 100; i++) run.signal();
    expect(run.state.buffered).toHaveLength(100);
    run.signal();
    expect(run.last('WorkflowTaskFailed').cause).toBe('FORCE_CLOSE_COMMAND');
    expect(run.state.buffered).toEqual([]);
    expect(run.story).toBe(`S T As Sig Tf${' Sig'.repeat(101)} Ts`);
    run.task(succeed);
    expect(run.story).toMatch(/ Sig T OK$/);
  });

  test('semantics 75: a run takes 10,000 signals in its life', () => {
    const run = Run.start();
    const signal = { kind: 'signalWorkflow', signalName: 'one of many' } as const;
    const outcomes = run.apply(...Array.from({ length: 10_001 }, () => signal));
    expect(outcomes.findIndex(({ kind }) => kind !== 'accepted')).toBe(10_000);
    expect(outcomes.at(-1)).toMatchObject({ kind: 'rejected', reason: 'limitExceeded' });
    expect(run.state.status).toBe('RUNNING');
  });

  test('semantics 75: so does one during which too much data comes', () => {
    const result = 'x'.repeat(700_000);
    const run = Run.start().task(schedule('a'), schedule('b'), schedule('c'));
    for (const id of ['a', 'b', 'c']) run.takeActivity(id);
    run.signal().takeTask();
    run.finishActivity('a', result).finishActivity('b', result);
    expect(run.state.buffered).toHaveLength(4);
    run.finishActivity('c', result);
    expect(run.state.buffered).toEqual([]);
    expect(run.story).toBe('S T As As As Sig Tf Ast Ast Ast Ac Ac Ac Ts');
  });

  test('semantics 75: many small results are no reason to fail a task', () => {
    const ids = Array.from({ length: 60 }, (_, i) => `${i}`);
    const run = Run.start().task(...ids.map((id) => schedule(id)));
    for (const id of ids) run.takeActivity(id);
    run.signal().takeTask();
    for (const id of ids) run.finishActivity(id);
    expect(run.state.buffered).toHaveLength(120);
    expect(run.finishTask()).toEqual({ kind: 'accepted' });
    expect(run.state.buffered).toEqual([]);
  });

  test('semantics 36: a signal before the first task is started is appended', () => {
    const run = Run.start().signal().task(succeed);
    expect(run.story).toBe('S Ts Sig Wst Wco OK');
  });

  test('rule 2: command events, then buffered ones with results last, then a new task', () => {
    const run = Run.start().task(schedule('a'), schedule('b'), startTimer('1', 1_000));
    run.takeActivity('a').takeActivity('b').signal().takeTask();
    run
      .finishActivity('a')
      .signal('x')
      .sleep(1_000)
      .failActivity('b', {
        info: { kind: 'application', nonRetryable: true },
      });
    expect(run.story).toBe('S T As As Tm+ Sig Ts Wst');
    expect(run.finishTask(startTimer('2', 5))).toEqual({ kind: 'accepted' });
    expect(run.story).toBe('S T As As Tm+ Sig T Tm+ Ast Sig Tm! Ast Ac Af Ts');
    const [startedA, startedB] = run.history.filter((e) => e.eventType === 'ActivityTaskStarted');
    expect(run.last('ActivityTaskCompleted').startedEventId).toBe(startedA!.eventId);
    expect(run.last('ActivityTaskFailed').startedEventId).toBe(startedB!.eventId);
  });

  test('a settled activity cannot be settled again', () => {
    const run = Run.start().task(schedule('a')).takeActivity('a').signal().takeTask();
    run.finishActivity('a');
    const again = {
      kind: 'completeActivity',
      scheduledEventId: 5,
      attempt: 1,
      identity: 'x',
    } as const;
    expect(run.apply(again)).toMatchObject([{ kind: 'rejected', reason: 'stale' }]);
  });

  test('rule 5, tricky (a): a close command with buffered events is refused and retried at once', () => {
    const run = Run.start().takeTask().signal();
    expect(run.finishTask(succeed)).toMatchObject({ kind: 'taskFailed' });
    expect(run.story).toBe('S Tf Sig Ts');
    expect(run.last('WorkflowTaskFailed').cause).toBe('UNHANDLED_COMMAND');
    expect(run.followUps).toMatchObject([{ kind: 'dispatchWorkflowTask', attempt: 1 }]);
    expect(run.state.stickySession).toBeUndefined();
    run.task(succeed);
    expect(run.story).toBe('S Tf Sig T OK');
  });

  test('rule 5: an UNHANDLED_COMMAND of a transient attempt is recorded all the same', () => {
    const run = Run.start().takeTask().failTask().takeTask().signal();
    expect(run.finishTask(succeed)).toMatchObject({ kind: 'taskFailed' });
    expect(run.story).toBe('S Tf Tf Sig Ts');
    expect(run.history[4]?.attributes).toMatchObject({ attempt: 2 });
  });

  test('rule 5: CancelTimer takes back the firing of its own timer', () => {
    const run = Run.start().task(startTimer('1', 100)).signal().takeTask().sleep(100);
    expect(run.state.buffered).toHaveLength(1);
    expect(run.finishTask(cancelTimer('1'), succeed)).toEqual({ kind: 'accepted' });
    expect(run.story).toBe('S T Tm+ Sig T Tm- OK');
  });

  test('rule 5: a firing is taken back only once', () => {
    const run = Run.start().task(startTimer('1', 100)).signal().takeTask().sleep(100).signal();
    const outcome = run.finishTask(cancelTimer('1'), startTimer('1', 5), cancelTimer('1'), succeed);
    expect(outcome).toMatchObject({ kind: 'taskFailed' });
    expect(run.last('WorkflowTaskFailed').cause).toBe('UNHANDLED_COMMAND');
    expect(run.story).toBe('S T Tm+ Sig Tf Tm! Sig Ts');
  });

  test.each<[WorkflowTaskFailedCause, Command]>([
    ['BAD_COMPLETE_WORKFLOW_EXECUTION_ATTRIBUTES', succeed],
    ['BAD_FAIL_WORKFLOW_EXECUTION_ATTRIBUTES', fail(applicationFailure('no'))],
    ['BAD_CONTINUE_AS_NEW_ATTRIBUTES', continueAsNew()],
  ])('rule 4: nothing may follow a close command; else %s', (cause, close) => {
    const run = Run.start().takeTask();
    expect(run.finishTask(close, startTimer('1', 1))).toMatchObject({
      kind: 'taskFailed',
      message: expect.stringContaining('must be the last command'),
    });
    expect(run.story).toBe('S Tf');
    expect(run.last('WorkflowTaskFailed').cause).toBe(cause);
  });

  test.each<[string, WorkflowTaskFailedCause, Command[]]>([
    [
      'activity without a deadline',
      'BAD_SCHEDULE_ACTIVITY_ATTRIBUTES',
      [schedule('a', { startToCloseTimeoutMs: undefined })],
    ],
    ['activity id in use', 'SCHEDULE_ACTIVITY_DUPLICATE_ID', [schedule('a'), schedule('a')]],
    ['timer id in use', 'START_TIMER_DUPLICATE_ID', [startTimer('1', 1), startTimer('1', 1)]],
    ['unknown timer', 'BAD_CANCEL_TIMER_ATTRIBUTES', [cancelTimer('9')]],
    [
      'timer cancelled twice',
      'BAD_CANCEL_TIMER_ATTRIBUTES',
      [startTimer('1', 1), cancelTimer('1'), cancelTimer('1')],
    ],
    ['unknown activity', 'BAD_REQUEST_CANCEL_ACTIVITY_ATTRIBUTES', [requestCancel('nope')]],
    [
      'nonsense policy',
      'BAD_SCHEDULE_ACTIVITY_ATTRIBUTES',
      [schedule('a', { retryPolicy: policyOf(0.5) })],
    ],
    [
      'activity of no priority there is',
      'BAD_SCHEDULE_ACTIVITY_ATTRIBUTES',
      [schedule('a', { priority: { priorityKey: 6 } })],
    ],
    [
      'child of no priority there is',
      'BAD_START_CHILD_EXECUTION_ATTRIBUTES',
      [startChild('c', { priority: { fairnessWeight: 0 } })],
    ],
    ['child without an id', 'BAD_START_CHILD_EXECUTION_ATTRIBUTES', [startChild('')]],
    [
      'child with a nonsense schedule',
      'BAD_START_CHILD_EXECUTION_ATTRIBUTES',
      [startChild('c', { cronSchedule: '61 * * * *' })],
    ],
    [
      'child with a nonsense policy',
      'BAD_START_CHILD_EXECUTION_ATTRIBUTES',
      [startChild('c', { retryPolicy: policyOf(0.5) })],
    ],
    [
      'signal without a name',
      'BAD_SIGNAL_WORKFLOW_EXECUTION_ATTRIBUTES',
      [signalExternal('other', '')],
    ],
    [
      'cancel request without an id',
      'BAD_REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION_ATTRIBUTES',
      [cancelExternal('')],
    ],
    ['nameless marker', 'BAD_RECORD_MARKER_ATTRIBUTES', [marker('')]],
    ['no search attribute', 'BAD_SEARCH_ATTRIBUTES', [upsertSearchAttributes({})]],
    [
      'nameless search attribute',
      'BAD_SEARCH_ATTRIBUTES',
      [upsertSearchAttributes({ '': { value: 1 } })],
    ],
    [
      'no memo',
      'BAD_MODIFY_WORKFLOW_PROPERTIES_ATTRIBUTES',
      [{ commandType: 'ModifyWorkflowProperties' }],
    ],
    [
      'next run on no queue',
      'BAD_CONTINUE_AS_NEW_ATTRIBUTES',
      [{ commandType: 'ContinueAsNewWorkflowExecution', taskQueue: '' }],
    ],
    ['unknown update', 'BAD_UPDATE_WORKFLOW_EXECUTION_MESSAGE', [acceptUpdate('nobody')]],
    ['update not accepted', 'BAD_UPDATE_WORKFLOW_EXECUTION_MESSAGE', [completeUpdate('nobody')]],
  ])('bad command attributes refuse the whole task: %s', (_, cause, commands) => {
    const run = Run.start().takeTask();
    expect(run.finishTask(startTimer('good', 1), ...commands)).toMatchObject({
      kind: 'taskFailed',
    });
    expect(run.story).toBe('S Tf');
    expect(run.last('WorkflowTaskFailed')).toMatchObject({
      cause,
      failure: { message: expect.stringMatching(/\w+ .*/) },
    });
    expect(run.followUps).toMatchObject([{ kind: 'dispatchWorkflowTask', attempt: 2 }]);
  });

  test('semantics 75: at most 2,000 pending activities', () => {
    const run = Run.start().takeTask();
    const tooMany = Array.from({ length: 2_001 }, (_, i) => schedule(`${i}`));
    expect(run.finishTask(...tooMany)).toMatchObject({ kind: 'taskFailed' });
    expect(run.last('WorkflowTaskFailed').cause).toBe('PENDING_ACTIVITIES_LIMIT_EXCEEDED');
  });
});

function policyOf(backoffCoefficient: number) {
  return {
    initialIntervalMs: 1_000,
    backoffCoefficient,
    maximumIntervalMs: 1_000,
    maximumAttempts: 0,
    nonRetryableErrorTypes: [],
  };
}

describe('failing tasks', () => {
  test('semantics 46: an application failure closes the run', () => {
    const failure = applicationFailure('boom');
    const run = Run.start().task({ commandType: 'FailWorkflowExecution', failure });
    expect(run.story).toBe('S T FAIL');
    expect(run.last('WorkflowExecutionFailed').failure).toEqual(failure);
  });

  test('semantics 38: a handler that throws fails the run in the task of its signal', () => {
    const run = Run.start().task(startTimer('1', 1_000)).signal();
    run.task({ commandType: 'FailWorkflowExecution', failure: applicationFailure('boom') });
    expect(run.story).toBe('S T Tm+ Sig T FAIL');
  });

  test('semantics 38: a signal to a closed workflow is refused', () => {
    const run = Run.start().task(succeed);
    expect(run.apply({ kind: 'signalWorkflow', signalName: 'late' })).toMatchObject([
      { kind: 'rejected', reason: 'notFound' },
    ]);
  });

  test('semantics 47 and 49, tricky (b): one Tf, then silence, until an attempt completes', () => {
    const run = Run.start().takeTask().failTask();
    expect(run.story).toBe('S Tf');
    expect(run.followUps).toMatchObject([{ kind: 'dispatchWorkflowTask', attempt: 2 }]);
    run.takeTask().failTask().sleep(1_000).takeTask().failTask().sleep(2_000);
    expect(run.story).toBe('S Tf');
    expect(run.state.workflowTaskFailures).toBe(3);
    run.takeTask();
    const shown = transientEvents(run.state, run.identity);
    expect(run.finishTask(succeed)).toEqual({ kind: 'accepted' });
    expect(run.story).toBe('S Tf T OK');
    expect(run.history.slice(4, 6)).toEqual(shown);
    expect(run.last('WorkflowTaskScheduled').attempt).toBe(4);
  });

  test('pacing: the second attempt at once, then 1 s, 2 s, … at most 60 s', () => {
    const run = Run.start();
    const waits: number[] = [];
    for (let i = 0; i < 11; i++) {
      run.takeTask().failTask();
      const { notBefore } = run.state.workflowTask!;
      const wait = notBefore === 0 ? 0 : notBefore - run.now;
      if (wait > 0) expect(run.followUps).toEqual([]);
      waits.push(wait / 1_000);
      run.sleep(wait);
      expect(outboxOf(run.state)).toMatchObject([{ kind: 'workflow', enqueuedAt: run.now }]);
    }
    expect(waits).toEqual([0, 1, 2, 4, 8, 16, 32, 60, 60, 60, 60]);
  });

  test('semantics 47: a signal turns a waiting transient attempt into an ordinary one', () => {
    const run = Run.start().takeTask().failTask().takeTask().failTask();
    expect(run.state.workflowTask).toMatchObject({ attempt: 3, notBefore: run.now + 1_000 });
    run.signal();
    expect(run.story).toBe('S Tf Sig Ts');
    expect(run.followUps).toMatchObject([{ kind: 'dispatchWorkflowTask', attempt: 1 }]);
    run.takeTask().failTask();
    expect(run.story).toBe('S Tf Sig Tf');
  });

  test('semantics 47: a signal during a transient attempt makes the next one ordinary', () => {
    const run = Run.start().takeTask().failTask().takeTask().signal().failTask();
    expect(run.story).toBe('S Tf Sig Ts');
    expect(run.state.workflowTask).toMatchObject({ attempt: 1 });
  });

  test('a failed task with buffered events flushes them behind its failure', () => {
    const run = Run.start().takeTask().signal().failTask();
    expect(run.story).toBe('S Tf Sig Ts');
  });

  test('semantics 50: task timeout after 10 s, later attempts transient', () => {
    const run = Run.start().takeTask().sleep(10_000);
    expect(run.story).toBe('S Tt');
    expect(run.last('WorkflowTaskTimedOut').timeoutType).toBe('START_TO_CLOSE');
    run.takeTask().sleep(10_000).sleep(1_000).task(succeed);
    expect(run.story).toBe('S Tt T OK');
  });

  test('a lost task is a timeout now, and no longer sticky', () => {
    const run = Run.start().task(startTimer('1', 1)).sleep(1);
    expect(run.state.stickySession).toBe('session');
    run.takeTask();
    const { startedEventId, attempt, fence } = run.state.workflowTask!;
    run.ok({ kind: 'loseWorkflowTask', startedEventId, attempt, fence });
    expect(run.story).toBe('S T Tm+ Tm! Tt');
    expect(run.followUps).toMatchObject([
      { kind: 'dispatchWorkflowTask', attempt: 2, stickySession: undefined },
    ]);
  });
});

describe('closing from outside', () => {
  test('semantics 52: run timeout leaves a scheduled task dangling', () => {
    const run = Run.start({ workflowRunTimeoutMs: 5_000 }).sleep(5_000);
    expect(run.story).toBe('S Ts TO');
    expect(run.state.status).toBe('TIMED_OUT');
  });

  test('semantics 52: a started one likewise, but nothing buffered is lost', () => {
    const run = Run.start({ workflowExecutionTimeoutMs: 5_000 }).takeTask().signal().sleep(5_000);
    expect(run.story).toBe('S Ts Wst Sig TO');
  });

  test('semantics 56: terminate', () => {
    const run = Run.start().task(startTimer('1', 1)).ok({ kind: 'terminateWorkflow', reason: 'r' });
    expect(run.story).toBe('S T Tm+ TERM');
    expect(run.last('WorkflowExecutionTerminated').reason).toBe('r');
  });

  test('semantics 56: a started task is failed first, then what was buffered', () => {
    const run = Run.start().takeTask().signal().ok({ kind: 'terminateWorkflow' });
    expect(run.story).toBe('S Tf Sig TERM');
    expect(run.last('WorkflowTaskFailed').cause).toBe('FORCE_CLOSE_COMMAND');
  });

  test('every command on a closed run is refused', () => {
    const run = Run.start().ok({ kind: 'terminateWorkflow' });
    for (const kind of ['wakeUp', 'terminateWorkflow', 'requestCancelWorkflow'] as const) {
      expect(run.apply({ kind })).toMatchObject([{ kind: 'rejected', reason: 'notFound' }]);
    }
  });
});

describe('delayed start', () => {
  test('semantics 59: the first task waits for the delay', () => {
    const run = Run.start({ startDelayMs: 60_000 });
    expect(run.story).toBe('S');
    expect(run.state.wakeAt).toBe(run.now + 60_000);
    run.sleep(60_000).task(succeed);
    expect(run.story).toBe('S T OK');
  });

  test('semantics 59: a signal ends the delay', () => {
    expect(Run.start({ startDelayMs: 60_000 }).signal().task(succeed).story).toBe('S Sig T OK');
  });

  test('semantics 59: a cancel request does not', () => {
    const run = Run.start({ startDelayMs: 60_000 }).requestCancel();
    expect(run.story).toBe('S CR');
    run.sleep(60_000).task(confirmCancel);
    expect(run.story).toBe('S CR T CANCELED');
  });
});

describe('starting', () => {
  const command = {
    kind: 'startWorkflow',
    workflowId: 'w',
    runId: 'r',
    workflowType: 't',
    taskQueue: 'q',
    requestId: 'i',
  } as const;

  test('only once', () => {
    expect(Run.start().apply(command)).toMatchObject([
      { kind: 'rejected', reason: 'alreadyStarted' },
    ]);
  });

  test('an answer to a start that was decided again is stale', () => {
    const run = Run.start().takeTask();
    const { startedEventId, attempt, fence } = run.state.workflowTask!;
    const earlier = { startedEventId, attempt, fence: fence - 1 };
    const by = { session: 'session', identity: 'x' };
    const answers = run.apply(
      { kind: 'completeWorkflowTask', ...earlier, ...by, commands: [] },
      { kind: 'failWorkflowTask', ...earlier, identity: 'x', cause: 'NON_DETERMINISTIC_ERROR' },
      { kind: 'loseWorkflowTask', ...earlier },
    );
    expect(answers.map(({ kind }) => kind)).toEqual(['rejected', 'rejected', 'rejected']);
    expect(run.state.workflowTask?.fence).toBe(fence);
  });

  test('a task started in the same transition never reaches the outbox', () => {
    const run = new Run();
    const task = { scheduledEventId: 2, attempt: 1, fence: 1, session: 's', identity: 'x' };
    run.apply(command, { kind: 'startWorkflowTask', ...task });
    expect(run.followUps).toEqual([]);
    expect(run.story).toBe('S Ts Wst');
  });
});
