import { beforeAll, describe, expect, it } from 'vitest';
import { ApplicationFailure, TimeoutFailure } from '@perdure/common';
import { DrivenRun, START_MS, job, sandboxOf } from './sandbox-driver.ts';
import type { Sandbox } from '../src/sandbox/interface.ts';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await sandboxOf('steps');
});
const run = (type: string, ...args: unknown[]): DrivenRun => new DrivenRun(sandbox, type, args);

const schedule = (activityId: string, activityType: string, ...args: unknown[]) => ({
  kind: 'scheduleActivity',
  activityId,
  activityType,
  args,
  startToCloseTimeoutMs: 60_000,
});
const completed = (result: unknown) => ({ kind: 'completeWorkflow', result: [result] });

it('names the functions that the bundle exports', () => {
  expect(sandbox.workflowTypes).toContain('fooBar');
  expect(sandbox.workflowTypes).not.toContain('flip');
});

describe('activities', () => {
  it('run one after another (2)', async () => {
    const driven = run('fooBar', 'in');
    expect(await driven.start()).toEqual([schedule('1', 'foo', 'in')]);
    expect(await driven.apply(job.done('1', 'out'))).toEqual([schedule('2', 'bar', 'out', 2)]);
    expect(await driven.apply(job.done('2', 6))).toEqual([completed('out:6')]);
  });

  it('run side by side and may finish in any order', async () => {
    const driven = run('parallel');
    expect(await driven.start()).toEqual([
      schedule('1', 'foo', 'a'),
      schedule('2', 'foo', 'b'),
      schedule('3', 'foo', 'c'),
    ]);
    expect(await driven.apply(job.done('3', 'C'))).toEqual([]);
    expect(await driven.apply(job.done('1', 'A'), job.done('2', 'B'))).toEqual([
      completed(['A', 'B', 'C']),
    ]);
  });

  it('carry every option', async () => {
    expect(await run('withOptions').start()).toEqual([
      {
        kind: 'scheduleActivity',
        activityId: 'mine',
        activityType: 'foo',
        args: ['x'],
        taskQueue: 'other',
        startToCloseTimeoutMs: 1000,
        scheduleToCloseTimeoutMs: 3_600_000,
        scheduleToStartTimeoutMs: 30_000,
        heartbeatTimeoutMs: 5_000,
        retryPolicy: {
          initialIntervalMs: 2_000,
          backoffCoefficient: 2,
          maximumIntervalMs: 200_000,
          maximumAttempts: 3,
          nonRetryableErrorTypes: ['Fatal'],
        },
      },
    ]);
  });

  it('need one of two timeouts', async () => {
    const failure = await run('withoutTimeouts').failStart();
    expect(failure.info).toMatchObject({ kind: 'application', type: 'TypeError' });
    expect(failure.message).toMatch(
      'Required either scheduleToCloseTimeout or startToCloseTimeout',
    );
  });

  it('refuse an id that is in use', async () => {
    const [, close] = await run('sameIdTwice').start();
    expect(close).toMatchObject({ kind: 'completeWorkflow' });
    expect((close as unknown as { result: string[] }).result[0]).toMatch(
      /^ValueError: activity id 'mine'/,
    );
  });

  it('are sent before the close when nobody awaits them (20)', async () => {
    expect(await run('unawaited').start()).toEqual([
      schedule('1', 'foo', 'x'),
      { kind: 'startTimer', timerId: '1', startToFireTimeoutMs: 86_400_000 },
      completed('done'),
    ]);
  });

  it('reject with an ActivityFailure around the cause (4)', async () => {
    const driven = run('failing');
    await driven.start();
    const why = ApplicationFailure.create({ message: 'no luck', type: 'Luck' });
    expect(await driven.apply(job.failed('1', why))).toEqual([
      completed({
        chain: ['ActivityFailure: Activity task failed', 'ApplicationFailure: no luck (Luck)'],
        retryState: 'MAXIMUM_ATTEMPTS_REACHED',
        activityType: 'foo',
        activityId: '1',
      }),
    ]);
  });

  it('say so when they timed out (8)', async () => {
    const driven = run('failing');
    await driven.start();
    const why = new TimeoutFailure('activity StartToClose timeout', undefined, 'START_TO_CLOSE');
    const [close] = await driven.apply(job.failedBare('1', why));
    expect((close as unknown as { result: [{ chain: string[] }] }).result[0].chain).toEqual([
      'ActivityFailure: Activity task timed out',
      'TimeoutFailure: activity StartToClose timeout (undefined)',
    ]);
  });

  it('take and give bytes of the right class, and no memory of the host', async () => {
    const input = new Uint8Array([1, 2, 3]);
    const driven = run('bytes', input);
    const [command] = await driven.start();
    expect(command?.['args']).toEqual([new Uint8Array([9, 2, 3])]);
    expect(input[0]).toBe(1);
    expect(await driven.apply(job.done('1', new Uint8Array([7])))).toEqual([completed(true)]);
  });
});

describe('timers', () => {
  it('are numbered from 1 and last at least 1 ms (15)', async () => {
    const driven = run('sleeps');
    const timer = (timerId: string, ms: number) => ({
      kind: 'startTimer',
      timerId,
      startToFireTimeoutMs: ms,
    });
    expect(await driven.start()).toEqual([timer('1', 100)]);
    expect(await driven.apply(job.timer('1'))).toEqual([timer('2', 86_400_000)]);
    expect(await driven.apply(job.timer('2'))).toEqual([timer('3', 1)]);
    expect(await driven.apply(job.timer('3'))).toEqual([completed('done')]);
  });

  it('stand behind setTimeout and clearTimeout', async () => {
    const driven = run('timeouts');
    expect((await driven.start()).map((command) => command['startToFireTimeoutMs'])).toEqual([
      500, 50, 100,
    ]);
    expect(await driven.apply(job.timer('2'))).toEqual([]);
    expect(await driven.apply(job.timer('3'))).toEqual([
      { kind: 'cancelTimer', timerId: '1' },
      completed(['first', 'number']),
    ]);
  });

  it('leave no trace when cancelled in the task that made them (17)', async () => {
    expect(await run('clearedAtOnce').start()).toEqual([completed('done')]);
  });
});

describe('condition', () => {
  it('waits for the state to change', async () => {
    const driven = run('waitFor');
    expect(await driven.start()).toEqual([]);
    expect(await driven.apply(job.signal('flip', false))).toEqual([]);
    expect(await driven.apply(job.signal('flip', true))).toEqual([completed(undefined)]);
  });

  it('is false when its time runs out (18)', async () => {
    const driven = run('waitFor', '1 minute');
    expect(await driven.start()).toEqual([
      { kind: 'startTimer', timerId: '1', startToFireTimeoutMs: 60_000 },
    ]);
    expect(await driven.apply(job.timer('1'))).toEqual([completed(false)]);
  });

  it('is true, and takes its timer back, when the state changes first (18)', async () => {
    const driven = run('waitFor', '1 minute');
    await driven.start();
    expect(await driven.apply(job.signal('flip', true))).toEqual([
      { kind: 'cancelTimer', timerId: '1' },
      completed(true),
    ]);
  });

  it('starts no timer, and uses no timer id, when it is true at once (18)', async () => {
    const driven = run('alreadyTrue');
    expect(await driven.start()).toEqual([
      { kind: 'startTimer', timerId: '1', startToFireTimeoutMs: 1 },
    ]);
    expect(await driven.apply(job.timer('1'))).toEqual([completed(true)]);
  });

  it('fails the task when the predicate throws', async () => {
    const driven = run('badPredicate');
    await driven.start();
    expect((await driven.fail(job.timer('1'))).message).toBe('predicate broke');
  });
});

it('tells a workflow about itself', async () => {
  const driven = run('info');
  await driven.start();
  const [close] = await driven.apply(job.timer('1'));
  expect(close).toMatchObject({
    result: [
      {
        namespace: 'default',
        workflowId: 'workflow-of-run-1',
        runId: 'run-1',
        firstExecutionRunId: 'run-1',
        workflowType: 'info',
        taskQueue: 'queue',
        attempt: 1,
        startTime: new Date(START_MS).toISOString(),
        taskTimeoutMs: 10_000,
        historyLength: 6,
        historySize: 500,
        unsafe: false,
        inside: true,
        frozen: true,
      },
    ],
  });
});
