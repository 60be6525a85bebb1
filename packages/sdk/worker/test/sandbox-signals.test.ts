import { beforeAll, describe, expect, it } from 'vitest';
import { DrivenRun, job, sandboxOf } from './sandbox-driver.ts';
import type { Sandbox } from '../src/sandbox/interface.ts';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await sandboxOf('signals');
});
const run = (type: string, ...args: unknown[]): DrivenRun => new DrivenRun(sandbox, type, args);
const completed = (result: unknown) => ({ kind: 'completeWorkflow', result: [result] });

describe('a signal', () => {
  it('that came before the first task waits for its handler, not for the main function (36)', async () => {
    expect(
      await run('collect').start(
        job.signal('tell', 'early'),
        job.signal('stop'),
        job.signal('tell', 'also early'),
      ),
    ).toEqual([completed(['main', 'early', 'also early', 'after handler'])]);
  });

  it('that comes later runs its handler at once', async () => {
    const driven = run('collect');
    expect(await driven.start()).toEqual([]);
    expect(await driven.apply(job.signal('tell', 'x'))).toEqual([]);
    expect(await driven.apply(job.signal('tell', 'y'), job.signal('stop'))).toEqual([
      completed(['main', 'after handler', 'x', 'y']),
    ]);
  });

  it('waits over many tasks until there is a handler', async () => {
    const driven = run('lateHandler');
    await driven.start(job.signal('tell', 'x'));
    await driven.apply(job.signal('tell', 'y'));
    expect(await driven.apply(job.timer('1'))).toEqual([completed(['x', 'y'])]);
  });

  it('goes to the default handler when none is its own, in order of arrival', async () => {
    expect(
      await run('ordering').start(
        job.signal('non-existent', 1),
        job.signal('a', 2),
        job.signal('a', 3),
        job.signal('c', 4),
        job.signal('b', 5),
      ),
    ).toEqual([
      completed([
        ['a', 2],
        ['b', 5],
        ['default', 'non-existent', 1],
        ['default', 'a', 3],
        ['default', 'c', 4],
      ]),
    ]);
  });

  it('may have handlers that take their time, which allHandlersFinished waits for', async () => {
    const driven = run('asyncHandlers');
    await driven.start(job.signal('tell', 'x'));
    expect(await driven.apply(job.signal('tell', 'y'), job.timer('2'))).toEqual([
      { kind: 'startTimer', timerId: '3', startToFireTimeoutMs: 10 },
    ]);
    expect(await driven.apply(job.timer('1'))).toEqual([]);
    expect(await driven.apply(job.timer('3'))).toEqual([
      completed(['x begins', 'y begins', 'x ends', 'y ends']),
    ]);
  });
});

describe('within one task', () => {
  it('all sync parts come first, then each kind in its own order (§2)', async () => {
    const driven = run('order');
    await driven.start();
    const [close] = await driven.apply(
      job.signal('tell', 'signal 1'),
      job.signal('tell', 'signal 2'),
      job.done('1'),
      job.timer('1'),
      job.timer('2'),
    );
    const seen = (close as unknown as { result: [string[]] }).result[0];
    expect(seen).toHaveLength(10);
    expect(seen.slice(0, 2)).toEqual(['signal 1 sync', 'signal 2 sync']);
    const inOrder = (...names: string[]): void =>
      expect(seen.filter((name) => names.includes(name))).toEqual(names);
    inOrder('signal 1 async', 'signal 2 async');
    inOrder('timer 1', 'timer 2', 'condition on timer 2');
    inOrder('activity', 'condition on the activity');
    inOrder('condition on the signals', 'condition on the activity', 'condition on timer 2');
  });

  it('conditions are looked at after each job, and again until none comes true', async () => {
    const driven = run('conditionSeesEachJob');
    await driven.start();
    expect(await driven.apply(job.signal('tell', ''), job.signal('tell', ''))).toEqual([
      completed(['one', 'two', 'three']),
    ]);
  });
});

describe('a signal handler that throws', () => {
  const failure = { message: 'no', info: { kind: 'application', type: 'No' } };

  it.each(['sync failure', 'async failure'])('a failure fails the run: %s (38)', async (how) => {
    const driven = run('throwingHandler', how);
    await driven.start();
    const first = await driven.apply(job.signal('tell', 'x'));
    const last = how.startsWith('sync') ? first : await driven.apply(job.timer('2'));
    expect(last).toMatchObject([{ kind: 'failWorkflow', failure }]);
  });

  it.each(['sync error', 'async error'])('another error fails the task: %s (38)', async (how) => {
    const driven = run('throwingHandler', how);
    await driven.start();
    if (how.startsWith('async')) await driven.apply(job.signal('tell', 'x'));
    const next = how.startsWith('sync') ? job.signal('tell', 'x') : job.timer('2');
    const failed = await driven.fail(next);
    expect(failed).toMatchObject({ message: 'broken', info: { type: 'TypeError' } });
  });
});

it('setHandler wants a definition', async () => {
  const failed = await run('notASignal').failStart();
  expect(failed.message).toMatch('setHandler() wants a definition made by defineSignal()');
});
