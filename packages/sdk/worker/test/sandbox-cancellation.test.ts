import { beforeAll, describe, expect, it } from 'vitest';
import { CancelledFailure } from '@perdure/common';
import { DrivenRun, job, sandboxOf } from './sandbox-driver.ts';
import type { Sandbox } from '../src/sandbox/interface.ts';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await sandboxOf('cancellation');
});
const run = (type: string, ...args: unknown[]): DrivenRun => new DrivenRun(sandbox, type, args);
const completed = (result: unknown) => ({ kind: 'completeWorkflow', result: [result] });

const workflowCancelled = 'CancelledFailure: Workflow canceled';
const scopeCancelled = 'CancelledFailure: Cancellation scope cancelled';
const activityCancelled = [
  'ActivityFailure: Activity cancelled [CANCEL_REQUESTED]',
  'CancelledFailure: ',
];

describe('a cancel request', () => {
  it('ends a run that does nothing about it (21)', async () => {
    const driven = run('sleeper');
    await driven.start();
    expect(await driven.apply(job.cancel())).toEqual([
      { kind: 'cancelTimer', timerId: '1' },
      { kind: 'cancelWorkflow' },
    ]);
  });

  it('may be swallowed', async () => {
    const driven = run('swallows');
    await driven.start();
    expect(await driven.apply(job.cancel())).toEqual([
      { kind: 'cancelTimer', timerId: '1' },
      completed([workflowCancelled, 'true']),
    ]);
  });

  it('turns any cancellation thrown later into CANCELED (21)', async () => {
    const driven = run('throwsOtherCancellation');
    await driven.start();
    expect((await driven.apply(job.cancel())).at(-1)).toEqual({ kind: 'cancelWorkflow' });
  });

  it('is what tells CANCELED from FAILED (21)', async () => {
    const driven = run('throwsCancelledUnasked');
    await driven.start();
    expect(await driven.apply(job.timer('1'))).toMatchObject([
      {
        kind: 'failWorkflow',
        failure: { message: 'nobody asked', info: { kind: 'canceled' } },
      },
    ]);
  });

  it.each(['waitsForCondition', 'waitsForTrigger'])('reaches %s', async (type) => {
    const driven = run(type);
    await driven.start();
    expect(await driven.apply(job.cancel())).toEqual([completed([workflowCancelled])]);
  });

  it('reaches a condition with a timeout, and its timer', async () => {
    const driven = run('waitsForConditionWithTimeout');
    await driven.start();
    expect(await driven.apply(job.cancel())).toEqual([
      { kind: 'cancelTimer', timerId: '1' },
      completed([workflowCancelled]),
    ]);
  });

  it('in the first task is known to all that starts later', async () => {
    expect(await run('startsAfterCancel').start(job.cancel())).toEqual([
      completed([[workflowCancelled], [workflowCancelled], [workflowCancelled]]),
    ]);
  });

  it('does not cancel what the same task reports as done', async () => {
    const driven = run('sleeper');
    await driven.start();
    expect(await driven.apply(job.cancel(), job.timer('1'))).toEqual([completed(undefined)]);
  });
});

describe('a cancelled activity', () => {
  it('TRY_CANCEL: rejects at once; its outcome is ignored (22)', async () => {
    const driven = run('activity', 'TRY_CANCEL');
    await driven.start();
    expect(await driven.apply(job.cancel())).toEqual([
      { kind: 'requestCancelActivity', activityId: '1' },
      completed(activityCancelled),
    ]);
    expect(await driven.apply(job.done('1', 'late'))).toEqual([]);
  });

  it('WAIT_CANCELLATION_COMPLETED: rejects when the activity has stopped (23)', async () => {
    const driven = run('activity', 'WAIT_CANCELLATION_COMPLETED');
    await driven.start();
    expect(await driven.apply(job.cancel())).toEqual([
      { kind: 'requestCancelActivity', activityId: '1' },
    ]);
    expect(await driven.apply(job.cancelled('1', new CancelledFailure('')))).toEqual([
      completed(activityCancelled),
    ]);
  });

  it('WAIT_CANCELLATION_COMPLETED: resolves when the activity finished all the same (23)', async () => {
    const driven = run('activity', 'WAIT_CANCELLATION_COMPLETED');
    await driven.start();
    await driven.apply(job.cancel());
    expect(await driven.apply(job.done('1', 'made it'))).toEqual([completed('made it')]);
  });

  it('ABANDON: rejects at once and sends nothing (24)', async () => {
    const driven = run('activity', 'ABANDON');
    await driven.start();
    expect(await driven.apply(job.cancel())).toEqual([completed(activityCancelled)]);
  });

  it.each(['TRY_CANCEL', 'WAIT_CANCELLATION_COMPLETED', 'ABANDON'])(
    '%s: is never sent when cancelled in the task that made it (17, 25)',
    async (type) => {
      expect(await run('cancelAtOnce', type).start()).toEqual([
        completed([[scopeCancelled], activityCancelled]),
      ]);
    },
  );
});

describe('a cancellation scope', () => {
  it('cancels a timer later (16)', async () => {
    const driven = run('cancelOther');
    await driven.start();
    expect(await driven.apply(job.timer('2'))).toEqual([
      { kind: 'cancelTimer', timerId: '1' },
      completed([scopeCancelled]),
    ]);
  });

  it('with a timeout cancels what is in it (19)', async () => {
    const driven = run('withTimeout');
    expect((await driven.start()).map((command) => command['startToFireTimeoutMs'])).toEqual([
      10, 1000,
    ]);
    expect(await driven.apply(job.timer('1'))).toEqual([
      { kind: 'cancelTimer', timerId: '2' },
      completed([scopeCancelled]),
    ]);
  });

  it('with a timeout takes its timer back when it ends in time', async () => {
    const driven = run('withinTimeout');
    await driven.start();
    expect(await driven.apply(job.timer('2'))).toEqual([
      { kind: 'cancelTimer', timerId: '1' },
      completed('in time'),
    ]);
  });

  it('that is not cancellable lets a run clean up (27)', async () => {
    const driven = run('cleansUp');
    await driven.start();
    expect(await driven.apply(job.cancel())).toMatchObject([
      { kind: 'cancelTimer', timerId: '1' },
      { kind: 'scheduleActivity', activityType: 'cleanUp' },
    ]);
    expect(await driven.apply(job.done('1'))).toEqual([{ kind: 'cancelWorkflow' }]);
  });

  it('that is not cancellable goes on, while the outer one says that it was asked (28)', async () => {
    const driven = run('shielded');
    await driven.start();
    expect(await driven.apply(job.cancel())).toEqual([]);
    expect(await driven.apply(job.timer('1'))).toMatchObject([{ kind: 'scheduleActivity' }]);
    expect(await driven.apply(job.done('1', 'kept'))).toEqual([
      completed(['kept', workflowCancelled]),
    ]);
  });

  it('that is not cancellable shields the scopes below it', async () => {
    const driven = run('shieldedScope');
    await driven.start();
    expect(await driven.apply(job.cancel())).toEqual([]);
    expect(await driven.apply(job.done('1', 'kept'))).toEqual([completed(['kept'])]);
  });

  it('is followed across awaits, however they interleave', async () => {
    const driven = run('interleaved');
    await driven.start();
    expect(await driven.apply(job.timer('2'))).toMatchObject([{ startToFireTimeoutMs: 1000 }]);
    await driven.apply(job.timer('1'), job.timer('3'));
    expect(await driven.apply(job.timer('4'))).toEqual([{ kind: 'cancelTimer', timerId: '5' }]);
    expect(await driven.apply(job.timer('6'), job.timer('7'))).toEqual([
      completed([true, [true, 'slept'], [true, [scopeCancelled]], [true, 'slept']]),
    ]);
  });

  it('passes a request down its tree, but not through a shield', async () => {
    const driven = run('nested');
    await driven.start();
    const commands = await driven.apply(job.timer('4'));
    expect(commands).toEqual([
      { kind: 'cancelTimer', timerId: '3' },
      { kind: 'cancelTimer', timerId: '1' },
    ]);
    expect(await driven.apply(job.timer('2'))).toEqual([
      completed([`outer ${scopeCancelled}`, `inner ${scopeCancelled}`, 'shield']),
    ]);
  });

  it('can be cancelled by a signal, whose handler belongs to the root', async () => {
    const driven = run('cancelledBySignal');
    await driven.start();
    expect(await driven.apply(job.signal('stop'))).toEqual([
      { kind: 'requestCancelActivity', activityId: '1' },
      completed([true, ...activityCancelled]),
    ]);
  });

  it('leaves nothing behind in its parent when it has ended', async () => {
    const driven = run('manyScopes');
    await driven.start();
    for (let turn = 1; turn <= 50; turn++) await driven.apply(job.timer(String(turn)));
    expect(await driven.apply(job.cancel())).toEqual([
      { kind: 'cancelTimer', timerId: '51' },
      { kind: 'cancelWorkflow' },
    ]);
  });
});
