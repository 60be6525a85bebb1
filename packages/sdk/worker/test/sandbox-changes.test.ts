import { beforeAll, describe, expect, it } from 'vitest';
import { ApplicationFailure } from '@perdure/common';
import {
  DrivenRun,
  START_MS,
  type SeenCommand,
  commandsOf,
  job,
  payloads,
  replay,
  sandboxOf,
} from './sandbox-driver.ts';
import type { Sandbox } from '../src/sandbox/interface.ts';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await sandboxOf('changes');
});
const run = (type: string, ...args: unknown[]): DrivenRun => new DrivenRun(sandbox, type, args);
const completed = (result: unknown) => ({ kind: 'completeWorkflow', result: [result] });
const resultOf = (commands: readonly SeenCommand[]): unknown =>
  (commands.at(-1)?.['result'] as unknown[] | undefined)?.[0];

const marker = (patchId: string, deprecated = false) => ({
  kind: 'setPatchMarker',
  patchId,
  deprecated,
});
const versions = (...value: string[]) => ({
  kind: 'upsertSearchAttributes',
  fields: { TemporalChangeVersion: { type: 'KEYWORD_LIST', value } },
});

describe('patches (64)', () => {
  it('are marked, and listed for searching, the first time they are met', async () => {
    const driven = run('patches');
    expect(await driven.start()).toMatchObject([
      marker('one'),
      versions('one'),
      { kind: 'startTimer' },
    ]);
    expect(await driven.apply(job.timer('1'))).toMatchObject([{ kind: 'startTimer' }]);
    expect(await driven.apply(job.timer('2'))).toEqual([
      marker('two', true),
      versions('one', 'two'),
      completed(['new', 'new', 'true']),
    ]);
  });

  it('are not used on replay of a run without the marker, ever', async () => {
    const driven = run('patches');
    const [initialize] = (await started(driven)).jobs;
    const again = new DrivenRun(sandbox, 'patches');
    await again.activate(task([initialize!], true));
    expect(again.answers[0]).toMatchObject({ commands: [{ kind: 'startTimer' }] });
    // Past the replay the answer stays.
    await again.activate(task([job.timer('1')], false));
    await again.activate(task([job.timer('2')], false));
    expect(commandsOf(again.answers[2]!)).toMatchObject([
      marker('two', true),
      versions('two'),
      { kind: 'completeWorkflow' },
    ]);
  });

  it('are used on replay of a run with the marker', async () => {
    const [initialize] = (await started(run('patches'))).jobs;
    const again = new DrivenRun(sandbox, 'patches');
    await again.activate(task([initialize!, job.patch('one')], true));
    expect(commandsOf(again.answers[0]!)).toMatchObject([
      marker('one'),
      versions('one'),
      { kind: 'startTimer' },
    ]);
  });

  it('are not listed when the list would be too long', async () => {
    const commands = await run('manyPatches').start();
    const lists = commands.filter(({ kind }) => kind === 'upsertSearchAttributes');
    expect(commands.filter(({ kind }) => kind === 'setPatchMarker')).toHaveLength(30);
    expect(lists.length).toBeGreaterThan(10);
    expect(lists.length).toBeLessThan(30);
  });

  const task = (jobs: Parameters<DrivenRun['activate']>[0]['jobs'], isReplaying: boolean) => ({
    runId: 'run-1',
    timestampMs: START_MS,
    historyLength: 3,
    historySize: 0,
    isReplaying,
    jobs,
  });
  const started = async (driven: DrivenRun) => {
    await driven.start();
    return driven.activations[0]!;
  };
});

it('a condition with a timeout of 0 marks that it had one, and starts a timer (18)', async () => {
  const driven = run('timeoutZero');
  expect(await driven.start()).toEqual([
    marker('__sdk_internal_patch_number:1'),
    versions('__sdk_internal_patch_number:1'),
    { kind: 'startTimer', timerId: '1', startToFireTimeoutMs: 1 },
  ]);
  expect(await driven.apply(job.timer('1'))).toEqual([completed(false)]);
});

it('upserts change the run’s own facts at once (65)', async () => {
  const facts = {
    memo: payloads({ note: 'old', other: true }),
    searchAttributes: { Place: { value: ['here'] }, Gone: { value: ['x'] } },
  };
  const driven = new DrivenRun(sandbox, 'upserts', [], { facts });
  const commands = await driven.start();
  expect(commands.slice(0, -1)).toEqual([
    {
      kind: 'modifyWorkflowProperties',
      upsertedMemo: [{ added: 1, note: null, kept: null }],
      memo: [{ other: true, added: 1 }],
    },
    {
      kind: 'upsertSearchAttributes',
      fields: { Place: { value: ['there'] }, Gone: { value: null } },
    },
    { kind: 'upsertSearchAttributes', fields: { Count: { type: 'INT', value: 2 } } },
  ]);
  expect(resultOf(commands)).toEqual({
    before: [
      { note: 'old', other: true },
      { Place: ['here'], Gone: ['x'] },
    ],
    memo: { other: true, added: 1 },
    searchAttributes: { Place: ['there'], Count: [2] },
    count: 2,
  });
});

it('a run knows where it comes from', async () => {
  const facts = {
    parent: { workflowId: 'p', runId: 'pr', namespace: 'default' },
    root: { workflowId: 'top', runId: 'tr' },
    continuedFromExecutionRunId: 'before',
    originalExecutionRunId: 'original',
    firstExecutionRunId: 'first',
    cronSchedule: '* * * * *',
    lastResult: payloads(41),
    lastFailure: { message: 'no luck', info: { kind: 'application' as const } },
    executionExpirationTimeMs: START_MS + 5,
    priority: { priorityKey: 2 },
  };
  const driven = new DrivenRun(sandbox, 'info', [], { facts });
  expect(resultOf(await driven.start())).toMatchObject({
    parent: facts.parent,
    root: facts.root,
    continuedFromExecutionRunId: 'before',
    originalExecutionRunId: 'original',
    firstExecutionRunId: 'first',
    cronSchedule: '* * * * *',
    lastResult: 41,
    lastFailure: 'no luck',
    executionExpirationTime: new Date(START_MS + 5).toISOString(),
    priority: { priorityKey: 2 },
    continueAsNewSuggested: false,
  });
});

describe('local activities', () => {
  const schedule = (seq: number, arg: string, more: object = {}) => ({
    kind: 'scheduleLocalActivity',
    seq,
    activityType: 'near',
    args: [arg],
    attempt: 1,
    originalScheduleTimeMs: START_MS,
    startToCloseTimeoutMs: 5_000,
    localRetryThresholdMs: 60_000,
    cancellationType: 'TRY_CANCEL',
    retryPolicy: expect.objectContaining({ maximumAttempts: 0 }) as unknown,
    ...more,
  });

  it('are asked of the worker (60)', async () => {
    const driven = run('near');
    expect(await driven.start()).toEqual([schedule(1, 'in')]);
    expect(await driven.apply(job.localDone(1, 'out'))).toEqual([completed('out')]);
  });

  it('run beside others (63)', async () => {
    const driven = run('mixed');
    expect(await driven.start()).toMatchObject([
      schedule(1, 'a'),
      { kind: 'scheduleActivity' },
      schedule(2, 'b'),
      { kind: 'startTimer' },
    ]);
    await driven.apply(job.localDone(2, 'B'));
    await driven.apply(job.localDone(1, 'A'));
    await driven.apply(job.timer('1'));
    expect(await driven.apply(job.done('1', 'F'))).toEqual([completed(['A', 'F', 'B', 'slept'])]);
  });

  it('fail with the bare failure (60)', async () => {
    const driven = run('nearFails');
    await driven.start();
    const error = ApplicationFailure.create({ message: 'no luck', type: 'Luck' });
    expect(await driven.apply(job.localFailed(1, error))).toEqual([
      completed({ name: 'ApplicationFailure', message: 'no luck', cancelled: false }),
    ]);
  });

  const cancelled = {
    name: 'ActivityFailure',
    message: 'Local Activity cancelled',
    cancelled: true,
  };

  it('are cancelled by the worker, and say so (60)', async () => {
    const driven = run('nearCancelled', 'later');
    await driven.start();
    expect(await driven.apply(job.timer('1'))).toEqual([
      { kind: 'requestCancelLocalActivity', localActivity: 1 },
    ]);
    expect(await driven.apply(job.localCancelled(1))).toEqual([completed(cancelled)]);
  });

  it('cancelled in the task that asked for them are never run', async () => {
    expect(await run('nearCancelled', 'at once').start()).toEqual([completed(cancelled)]);
  });

  it('wait for long by a timer, and are tried again (61)', async () => {
    const driven = run('near');
    await driven.start();
    expect(await driven.apply(job.localBackoff(1, 4, 90_000))).toEqual([
      { kind: 'startTimer', timerId: '1', startToFireTimeoutMs: 90_000 },
    ]);
    expect(await driven.apply(job.timer('1'))).toEqual([schedule(2, 'in', { attempt: 4 })]);
    expect(await driven.apply(job.localDone(2, 'out'))).toEqual([completed('out')]);
  });

  it('that the worker does not have are refused', async () => {
    const registeredActivities = ['near'];
    const driven = new DrivenRun(
      await sandboxOf('changes', { registeredActivities }),
      'notRegistered',
    );
    expect(resultOf(await driven.start())).toBe(
      "ReferenceError: Local activity of type 'missing' not registered on worker",
    );
  });

  it('take options for one call, as others do', async () => {
    expect(await run('overrides').start()).toMatchObject([
      { kind: 'scheduleActivity', startToCloseTimeoutMs: 2_000, summary: ['once'] },
      schedule(1, 'y', { localRetryThresholdMs: 5_000 }),
    ]);
  });

  it('come out the same on replay', async () => {
    const driven = run('mixed');
    await driven.start();
    await driven.apply(job.localDone(2, 'B'), job.timer('1'));
    const again = await replay(sandbox, driven);
    expect(again.map(commandsOf)).toEqual(driven.answers.map(commandsOf));
  });
});

describe('errors that fail the run (48)', () => {
  it('are those that the workflow lists, and their subclasses', async () => {
    expect(await run('failsByClass', 'listed').start()).toMatchObject([
      { kind: 'failWorkflow', failure: { message: 'refused', info: { type: 'Deeper' } } },
    ]);
    expect(await run('failsByClass', 'other').failStart()).toMatchObject({ message: 'other' });
  });

  it.each([['TypeError'], ['Error']])('are those that the worker lists: %s', async (name) => {
    const failureTypeNames = [name];
    const driven = new DrivenRun(sandbox, 'failsByClass', ['other'], { failureTypeNames });
    expect(await driven.start()).toMatchObject([
      { kind: 'failWorkflow', failure: { message: 'other' } },
    ]);
  });
});

it('the default export stands in for every type that is not exported', async () => {
  expect(await run('unheardOf', 1, 'two').start()).toEqual([
    completed({ type: 'unheardOf', args: [1, 'two'] }),
  ]);
});

it('calls to sinks leave with what the run knew, as objects of the host', async () => {
  const driven = run('sinks');
  const { sinkCalls = [] } = await driven.activate({
    runId: 'run-1',
    timestampMs: START_MS,
    historyLength: 3,
    historySize: 500,
    isReplaying: false,
    jobs: (await probe()).jobs,
  });
  expect(sinkCalls).toMatchObject([
    {
      sinkName: 'metrics',
      functionName: 'count',
      args: ['begun', { at: new Date(START_MS), list: [1] }],
      info: { workflowId: 'workflow-of-run-1', historyLength: 3 },
    },
  ]);
  expect(sinkCalls[0]?.args[1]).toBeInstanceOf(Object);

  async function probe() {
    const other = run('sinks');
    await other.start();
    return other.activations[0]!;
  }
});

it('AsyncLocalStorage follows the flow of calls', async () => {
  const driven = run('storage');
  await driven.start();
  expect(resultOf(await driven.apply(job.timer('1'), job.timer('2')))).toEqual([
    'none',
    ['one', 'a', 'none'],
    ['two', 'b', 7],
    ['one', 'none'],
    ['two', 'none'],
    'rest',
    'none',
  ]);
});
