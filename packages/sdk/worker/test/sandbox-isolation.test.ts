import { beforeAll, describe, expect, it } from 'vitest';
import { DrivenRun, job, sandboxOf } from './sandbox-driver.ts';
import type { Sandbox } from '../src/sandbox/interface.ts';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await sandboxOf('isolation');
});
const run = (type: string, runId: string, ...args: unknown[]): DrivenRun =>
  new DrivenRun(sandbox, type, args, { runId });
const completed = (result: unknown) => [{ kind: 'completeWorkflow', result: [result] }];

describe('two runs of one bundle', () => {
  it('have modules of their own', async () => {
    const [one, two] = [run('moduleState', 'one'), run('moduleState', 'two')];
    await one.start();
    await two.start();
    expect(await one.apply(job.timer('1'))).toEqual(completed([2, ['one'], 10]));
    expect(await two.apply(job.timer('1'))).toEqual(completed([2, ['two'], 10]));
  });

  it('have a globalThis of their own', async () => {
    const [one, two] = [run('globalState', 'one', 'first'), run('globalState', 'two', 'second')];
    await one.start();
    await two.start();
    expect(await one.apply(job.timer('1'))).toEqual(completed([null, 'first', ['mark']]));
    expect(await two.apply(job.timer('1'))).toEqual(completed([null, 'second', ['mark']]));
  });

  it('cannot change what they share', async () => {
    const [close] = await run('poison', 'one').start();
    const outcome = (close as unknown as { result: [Record<string, string>] }).result[0];
    const { stackLimit, ...others } = outcome;
    expect(Object.values(others)).toEqual(Object.keys(others).map(() => 'TypeError'));
    expect(stackLimit).toBe('changed');
    expect(await run('stackLimit', 'two').start()).toEqual(completed(10));
  });
});

it('what ordinary code does to its own objects works on frozen ground', async () => {
  expect(await run('ordinaryCode', 'one').start()).toEqual(
    completed([
      'MyError: my trouble',
      'MyError: my trouble',
      'MyFailure',
      true,
      true,
      'point',
      '{"constructor":1,"valueOf":2}',
      ['constructor', 'valueOf'],
      'ac',
      [1, 2, 3],
    ]),
  );
});

it('a thousand runs take turns without a mistake', async () => {
  const runs = Array.from({ length: 1000 }, (_, index) => run('moduleState', `run-${index}`));
  for (const each of runs) expect(await each.start()).toHaveLength(1);
  for (const each of runs.toReversed()) {
    expect(await each.apply(job.timer('1'))).toEqual(completed([2, [each.runId], 10]));
    each.dispose();
  }
});

it('a run that was disposed of is gone', async () => {
  const driven = run('moduleState', 'one');
  await driven.start();
  driven.dispose();
  await expect(driven.apply(job.timer('1'))).rejects.toThrow('was disposed of');
});

it('two sandboxes of one thread do not mix', async () => {
  const other = await sandboxOf('cancellation');
  const here = run('moduleState', 'one');
  const there = new DrivenRun(other, 'interleaved');
  await there.start();
  await here.start();
  expect(await there.apply(job.timer('2'))).toMatchObject([{ startToFireTimeoutMs: 1000 }]);
  expect(await here.apply(job.timer('1'))).toEqual(completed([2, ['one'], 10]));
});
