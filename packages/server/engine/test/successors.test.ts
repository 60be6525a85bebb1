/** Runs that follow runs: continue-as-new, retry, cron, and delayed starts; semantics 53-55, 59. */
import { describe, expect, test } from 'vitest';
import { openTransition } from '../src/index.ts';
import {
  Run,
  START_TIME,
  applicationFailure,
  attempts,
  blobOf,
  confirmCancel,
  continueAsNew,
  fail,
  succeed,
} from './run-driver.ts';

const DAY = 86_400_000;

describe('semantics 55: continue-as-new', () => {
  test('the next run takes over what is not said', () => {
    const run = Run.start({
      input: blobOf('old'),
      memo: blobOf('memo'),
      searchAttributes: { a: { value: 'x' } },
      workflowRunTimeoutMs: 60_000,
      workflowExecutionTimeoutMs: 600_000,
      workflowTaskTimeoutMs: 5_000,
      retryPolicy: attempts(3),
      priority: { priorityKey: 1 },
    });
    run.now += 5_000;
    run.task(continueAsNew({ input: blobOf('new') }));
    expect(run.story).toBe('S T CAN');
    expect(run.state.status).toBe('CONTINUED_AS_NEW');
    const next = run.next();
    expect(next.story).toBe('S Ts');
    expect(next.last('WorkflowExecutionStarted')).toMatchObject({
      workflowType: 'FooBar',
      taskQueue: 'queue',
      input: blobOf('new'),
      memo: blobOf('memo'),
      searchAttributes: { a: { value: 'x' } },
      workflowRunTimeoutMs: 60_000,
      workflowTaskTimeoutMs: 5_000,
      workflowExecutionExpirationTime: START_TIME + 600_000,
      retryPolicy: attempts(3),
      priority: { priorityKey: 1 },
      attempt: 1,
      initiator: 'WORKFLOW',
      firstExecutionRunId: 'run',
      continuedExecutionRunId: 'run',
      originalExecutionRunId: 'run+1',
    });
    expect(next.state).toMatchObject({ runId: 'run+1', firstExecutionRunId: 'run' });
    expect(next.state.createRequestId).toBe(run.state.createRequestId);
  });

  test('the next run has what is said instead', () => {
    const run = Run.start({ memo: blobOf('old'), workflowRunTimeoutMs: 60_000 });
    const changes = {
      workflowType: 'Other',
      taskQueue: 'elsewhere',
      memo: blobOf('new'),
      searchAttributes: { b: { value: 1 } },
      workflowRunTimeoutMs: 30_000,
      retryPolicy: attempts(2),
    };
    const { eventType: _, ...started } = run.task(continueAsNew(changes)).next()
      .history[0]! as never as Record<string, unknown>;
    expect(started['attributes']).toMatchObject(changes);
  });

  test('a chain knows its first run at any length', () => {
    const third = Run.start()
      .task(continueAsNew())
      .next()
      .sleep(1_000)
      .task(continueAsNew())
      .next();
    expect(third.last('WorkflowExecutionStarted')).toMatchObject({
      firstExecutionRunId: 'run',
      continuedExecutionRunId: 'run+1',
      originalExecutionRunId: 'run+1+1',
    });
  });

  test('runs start at least a second apart', () => {
    const run = Run.start();
    run.now += 300;
    const next = run.task(continueAsNew()).next();
    expect(next.story).toBe('S');
    expect(next.last('WorkflowExecutionStarted').firstWorkflowTaskBackoffMs).toBe(700);
    next.signal();
    expect(next.story).toBe('S Sig');
    expect(next.sleep(700).story).toBe('S Sig Ts');
  });

  test('waits as long as it is asked to', () => {
    const next = Run.start()
      .task(continueAsNew({ backoffStartIntervalMs: 5_000 }))
      .next();
    expect(next.sleep(4_999).story).toBe('S');
    expect(next.sleep(1).story).toBe('S Ts');
  });

  test('rule 5: not past buffered events', () => {
    const run = Run.start().takeTask().signal();
    expect(run.finishTask(continueAsNew())).toMatchObject({ kind: 'taskFailed' });
    expect(run.story).toBe('S Tf Sig Ts');
    expect(run.last('WorkflowTaskFailed').cause).toBe('UNHANDLED_COMMAND');
    run.task(continueAsNew());
    expect(run.story).toBe('S Tf Sig T CAN');
  });

  test('the execution timeout of the chain ends the next run too', () => {
    const run = Run.start({ workflowExecutionTimeoutMs: 10_000 });
    run.now += 4_000;
    const next = run.task(continueAsNew()).next();
    expect(next.sleep(5_999).state.status).toBe('RUNNING');
    expect(next.sleep(1).story).toBe('S Ts TO');
  });

  test('without a source of run ids it throws before it changes anything', () => {
    const run = Run.start().takeTask();
    const { startedEventId, attempt, fence } = run.state.workflowTask!;
    const transition = openTransition(run.state, { now: run.now });
    const completion = { startedEventId, attempt, fence, session: 's', identity: 'i' };
    const commands = [continueAsNew()];
    expect(() =>
      transition.apply({ kind: 'completeWorkflowTask', ...completion, commands }),
    ).toThrow(/newRunId/);
    expect(transition.close()).toMatchObject({ changed: false, events: [] });
  });
});

describe('semantics 53: retry', () => {
  test('a failed run is followed by the next attempt, after a pause', () => {
    const failure = applicationFailure('no');
    const run = Run.start({ input: blobOf('in'), retryPolicy: attempts(3) }).task(fail(failure));
    expect(run.story).toBe('S T FAIL');
    expect(run.last('WorkflowExecutionFailed')).toMatchObject({
      retryState: 'IN_PROGRESS',
      newExecutionRunId: 'run+1',
    });
    const second = run.next();
    expect(second.last('WorkflowExecutionStarted')).toMatchObject({
      attempt: 2,
      initiator: 'RETRY',
      input: blobOf('in'),
      continuedFailure: { message: 'no' },
      firstWorkflowTaskBackoffMs: 1_000,
      firstExecutionRunId: 'run',
    });
    const third = second.sleep(1_000).task(fail(failure)).next();
    expect(third.last('WorkflowExecutionStarted').firstWorkflowTaskBackoffMs).toBe(2_000);
    third.sleep(2_000).task(fail(failure));
    expect(third.decision.next).toBeUndefined();
    expect(third.last('WorkflowExecutionFailed')).toMatchObject({
      retryState: 'MAXIMUM_ATTEMPTS_REACHED',
      newExecutionRunId: undefined,
    });
  });

  test.each([
    ['flagged', applicationFailure('no', { nonRetryable: true })],
    ['listed', applicationFailure('no', { type: 'Listed' })],
  ])('not of a failure %s as not retryable', (_, failure) => {
    const run = Run.start({ retryPolicy: attempts(0, ['Listed']) }).task(fail(failure));
    expect(run.last('WorkflowExecutionFailed').retryState).toBe('NON_RETRYABLE_FAILURE');
    expect(run.decision.next).toBeUndefined();
  });

  test('not past the execution timeout', () => {
    const run = Run.start({ retryPolicy: attempts(0), workflowExecutionTimeoutMs: 900 });
    run.task(fail());
    expect(run.last('WorkflowExecutionFailed').retryState).toBe('TIMEOUT');
  });

  test('nor without a policy, of a success, a cancellation, or a termination', () => {
    expect(Run.start().task(fail()).last('WorkflowExecutionFailed').retryState).toBe(
      'RETRY_POLICY_NOT_SET',
    );
    const ends: readonly ((run: Run) => Run)[] = [
      (run) => run.task(succeed),
      (run) => run.requestCancel().task(confirmCancel),
      (run) => run.ok({ kind: 'terminateWorkflow' }),
    ];
    for (const end of ends) {
      const run = end(Run.start({ retryPolicy: attempts(0) }));
      expect(run.decision.next).toBeUndefined();
    }
  });

  test('semantics 52: after a run timeout, not after an execution timeout', () => {
    const options = { retryPolicy: attempts(0), workflowRunTimeoutMs: 5_000 };
    const run = Run.start(options).sleep(5_000);
    expect(run.story).toBe('S Ts TO');
    expect(run.last('WorkflowExecutionTimedOut').retryState).toBe('IN_PROGRESS');
    expect(run.next().last('WorkflowExecutionStarted')).toMatchObject({
      attempt: 2,
      continuedFailure: { info: { kind: 'timeout', timeoutType: 'START_TO_CLOSE' } },
    });
    const expired = Run.start({ ...options, workflowExecutionTimeoutMs: 4_000 }).sleep(4_000);
    expect(expired.last('WorkflowExecutionTimedOut').retryState).toBe('TIMEOUT');
  });

  test('a policy that makes no sense refuses the start', () => {
    const run = new Run();
    const command = {
      kind: 'startWorkflow',
      workflowId: 'w',
      runId: 'r',
      workflowType: 't',
      taskQueue: 'q',
      requestId: 'x',
    } as const;
    const transition = openTransition(undefined, { now: run.now });
    const retryPolicy = { ...attempts(1), backoffCoefficient: 0.5 };
    expect(transition.apply({ ...command, retryPolicy })).toMatchObject({
      kind: 'rejected',
      reason: 'invalid',
      message: expect.stringMatching(/retryPolicy needs a backoffCoefficient/),
    });
    expect(transition.apply({ ...command, cronSchedule: '61 * * * *' })).toMatchObject({
      message: expect.stringMatching(/cronSchedule is not a cron schedule: .*61/),
    });
    expect(transition.apply({ ...command, cronSchedule: '* * * * * *' })).toMatchObject({
      message: expect.stringMatching(/must have five fields/),
    });
    expect(
      transition.apply({ ...command, cronSchedule: '* * * * *', startDelayMs: 1 }),
    ).toMatchObject({ message: expect.stringMatching(/exclude each other/) });
    expect(transition.state).toBeUndefined();
  });
});

describe('semantics 54: cron', () => {
  // 2023-11-14T22:13:20Z
  const NOON = Date.parse('2023-11-15T12:00:00Z');
  const daily = (): Run => Run.start({ cronSchedule: '0 12 * * *', input: blobOf('in') });

  test('the first run waits for the first time, in UTC, whatever is said to it', () => {
    const run = daily().signal();
    expect(run.story).toBe('S Sig');
    run.sleep(NOON - START_TIME - 1);
    expect(run.story).toBe('S Sig');
    expect(run.sleep(1).story).toBe('S Sig Ts');
  });

  test('the next run has the result and waits for the next time', () => {
    const run = daily().sleep(NOON - START_TIME);
    run.now += 3_000;
    const next = run.task(succeed).next();
    expect(run.last('WorkflowExecutionCompleted').newExecutionRunId).toBe('run+1');
    expect(next.last('WorkflowExecutionStarted')).toMatchObject({
      initiator: 'CRON_SCHEDULE',
      attempt: 1,
      input: blobOf('in'),
      lastCompletionResult: blobOf('result'),
      firstWorkflowTaskBackoffMs: DAY - 3_000,
      firstExecutionRunId: 'run',
    });
  });

  test('a failure is carried on, and the result before it too', () => {
    const first = daily()
      .sleep(NOON - START_TIME)
      .task(succeed);
    const second = first
      .next()
      .sleep(DAY)
      .task(fail(applicationFailure('no')));
    const third = second.next();
    expect(third.last('WorkflowExecutionStarted')).toMatchObject({
      initiator: 'CRON_SCHEDULE',
      continuedFailure: { message: 'no' },
      lastCompletionResult: blobOf('result'),
    });
  });

  test('a time that passed during the run is left out', () => {
    const run = daily().sleep(NOON - START_TIME);
    run.now += DAY + 1_000;
    const next = run.task(succeed).next();
    expect(next.last('WorkflowExecutionStarted').firstWorkflowTaskBackoffMs).toBe(DAY - 1_000);
  });

  test('retries come first', () => {
    const run = Run.start({ cronSchedule: '0 12 * * *', retryPolicy: attempts(2) });
    const second = run
      .sleep(NOON - START_TIME)
      .task(fail())
      .next();
    expect(second.last('WorkflowExecutionStarted')).toMatchObject({
      initiator: 'RETRY',
      attempt: 2,
    });
    const third = second.sleep(1_000).task(fail()).next();
    expect(third.last('WorkflowExecutionStarted')).toMatchObject({
      initiator: 'CRON_SCHEDULE',
      attempt: 1,
    });
  });

  test('cancelling or terminating ends the chain', () => {
    const cancelled = daily()
      .requestCancel()
      .sleep(NOON - START_TIME)
      .task(confirmCancel);
    expect(cancelled.story).toBe('S CR T CANCELED');
    expect(cancelled.decision.next).toBeUndefined();
    const terminated = daily().ok({ kind: 'terminateWorkflow' });
    expect(terminated.decision.next).toBeUndefined();
  });
});

describe('semantics 59: delayed start', () => {
  test('any signal ends the delay of a start', () => {
    expect(Run.start({ startDelayMs: DAY }).signal().story).toBe('S Sig Ts');
  });

  test('only another signalWithStart ends the delay of a signalWithStart', () => {
    const run = new Run();
    const signal = { kind: 'signalWorkflow', signalName: 's', withStart: true } as const;
    const start = {
      kind: 'startWorkflow',
      workflowId: 'w',
      runId: 'r',
      workflowType: 't',
      taskQueue: 'q',
      requestId: 'x',
      startDelayMs: DAY,
    } as const;
    run.apply(start, signal);
    expect(run.story).toBe('S Sig');
    run.signal();
    expect(run.story).toBe('S Sig Sig');
    run.ok(signal);
    expect(run.story).toBe('S Sig Sig Sig Ts');
  });

  test('without a delay signalWithStart is start and signal', () => {
    const run = new Run();
    run.apply(
      {
        kind: 'startWorkflow',
        workflowId: 'w',
        runId: 'r',
        workflowType: 't',
        taskQueue: 'q',
        requestId: 'x',
      },
      { kind: 'signalWorkflow', signalName: 's', withStart: true },
    );
    expect(run.task(succeed).story).toMatch(/^S .*Sig.* OK$/);
  });
});
