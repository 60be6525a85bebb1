import { beforeAll, describe, expect, it } from 'vitest';
import {
  ApplicationFailure,
  CancelledFailure,
  RetryState,
  TerminatedFailure,
  TimeoutFailure,
} from '@perdure/common';
import { DrivenRun, type SeenCommand, job, sandboxOf } from './sandbox-driver.ts';
import type { Sandbox } from '../src/sandbox/interface.ts';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await sandboxOf('children');
});
const run = (type: string, ...args: unknown[]): DrivenRun => new DrivenRun(sandbox, type, args);
const completed = (result: unknown) => [{ kind: 'completeWorkflow', result: [result] }];
const resultOf = (commands: readonly SeenCommand[]): unknown =>
  (commands.at(-1)?.['result'] as unknown[] | undefined)?.[0];

const start = (more: object = {}) => ({
  kind: 'startChildWorkflow',
  seq: 1,
  workflowId: 'kid',
  workflowType: 'other',
  args: [],
  parentClosePolicy: 'TERMINATE',
  ...more,
});
const askToStop = {
  kind: 'requestCancelExternalWorkflow',
  seq: 1,
  target: { workflowId: 'kid' },
  childWorkflowOnly: true,
};

describe('a child', () => {
  it('runs, and gives its result (30)', async () => {
    const driven = run('executes');
    expect(await driven.start()).toEqual([start({ workflowType: 'child', args: ['four'] })]);
    expect(await driven.apply(job.childStarted(1))).toEqual([]);
    expect(await driven.apply(job.childDone(1, 4))).toEqual(completed({ value: 4 }));
  });

  it('has a handle once it has started', async () => {
    const driven = run('starts');
    await driven.start();
    await driven.apply(job.childStarted(1, 'r1'));
    const [close] = await driven.apply(job.childDone(1, 4));
    expect(close?.['result']).toEqual([
      { workflowId: 'kid', firstExecutionRunId: 'r1', result: { value: 4 } },
    ]);
  });

  it('carries every option', async () => {
    expect(await run('withEveryOption').start()).toEqual([
      start({
        args: [1, { two: 2 }],
        taskQueue: 'elsewhere',
        parentClosePolicy: 'ABANDON',
        workflowIdReusePolicy: 'REJECT_DUPLICATE',
        workflowExecutionTimeoutMs: 3_600_000,
        workflowRunTimeoutMs: 600_000,
        workflowTaskTimeoutMs: 5_000,
        retryPolicy: {
          initialIntervalMs: 1_000,
          backoffCoefficient: 2,
          maximumIntervalMs: 100_000,
          maximumAttempts: 2,
          nonRetryableErrorTypes: [],
        },
        cronSchedule: '0 * * * *',
        memo: [{ note: 'hello' }],
        searchAttributes: { Old: { value: ['text'] }, Count: { type: 'INT', value: 3 } },
        summary: ['a child'],
        priority: { priorityKey: 1 },
      }),
    ]);
  });

  it('gets a UUID of the run’s own for an id, and a number of its own', async () => {
    const driven = run('defaultIds');
    const [one] = await driven.start();
    const [two] = await driven.apply(job.childStarted(1));
    expect([one?.['seq'], two?.['seq']]).toEqual([1, 2]);
    expect(one?.['workflowId']).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4/);
    expect(one?.['workflowId']).not.toBe(two?.['workflowId']);
  });

  it('whose id is in use: the error, not wrapped (32)', async () => {
    const driven = run('startFails');
    await driven.start();
    expect(resultOf(await driven.apply(job.childAlreadyStarted(1)))).toMatchObject({
      chain: [
        {
          name: 'WorkflowExecutionAlreadyStartedError',
          message: 'Workflow execution already started',
        },
      ],
    });
  });

  const wrapped = (retryState: RetryState, cause: object) => ({
    chain: [
      {
        name: 'ChildWorkflowFailure',
        message: 'Child Workflow execution failed',
        retryState,
        execution: { workflowId: 'kid', runId: 'child-run-1' },
        workflowType: 'child',
      },
      cause,
    ],
  });

  it.each([
    [
      'failed',
      ApplicationFailure.create({ message: 'no luck', type: 'Luck' }),
      RetryState.MAXIMUM_ATTEMPTS_REACHED,
      { name: 'ApplicationFailure', message: 'no luck', type: 'Luck' },
    ],
    [
      'was terminated',
      new TerminatedFailure('gone'),
      RetryState.NON_RETRYABLE_FAILURE,
      { name: 'TerminatedFailure' },
    ],
    [
      'timed out',
      new TimeoutFailure('late', undefined, 'START_TO_CLOSE'),
      RetryState.TIMEOUT,
      { name: 'TimeoutFailure' },
    ],
    [
      'was cancelled',
      new CancelledFailure('stop'),
      RetryState.NON_RETRYABLE_FAILURE,
      { name: 'CancelledFailure' },
    ],
  ])('that %s: a ChildWorkflowFailure around why (31)', async (_how, error, retryState, cause) => {
    const driven = run('executes');
    await driven.start();
    await driven.apply(job.childStarted(1));
    const commands = await driven.apply(job.childFailed(1, error, retryState));
    expect(resultOf(commands)).toMatchObject(wrapped(retryState, cause));
    expect((resultOf(commands) as { cancelled: boolean }).cancelled).toBe(
      error instanceof CancelledFailure,
    );
  });

  it('is signalled as a child', async () => {
    const driven = run('signalsChild');
    await driven.start();
    expect(await driven.apply(job.childStarted(1))).toEqual([
      {
        kind: 'signalExternalWorkflow',
        seq: 1,
        target: { workflowId: 'kid' },
        childWorkflowOnly: true,
        signalName: 'tell',
        args: ['hello'],
      },
    ]);
    expect(await driven.apply(job.signalled(1))).toEqual(completed({ value: null }));
  });
});

describe('cancelling a child (29)', () => {
  const cancelled = {
    cancelled: true,
    chain: [
      { name: 'ChildWorkflowFailure', retryState: 'NON_RETRYABLE_FAILURE' },
      { name: 'CancelledFailure' },
    ],
  };

  it.each(['TRY_CANCEL', 'WAIT_CANCELLATION_COMPLETED', 'ABANDON'])(
    'in the task that made it leaves no trace: %s',
    async (type) => {
      const commands = await run('cancels', type, 'at once').start();
      expect(commands).toHaveLength(1);
      expect(resultOf(commands)).toMatchObject([cancelled, cancelled]);
      const [first] = (resultOf(commands) as { chain: { execution: object }[] }[])[0]!.chain;
      expect(first?.execution).toEqual({ workflowId: 'kid' });
    },
  );

  it('TRY_CANCEL settles at once, and asks it to stop', async () => {
    const driven = run('cancels', 'TRY_CANCEL', 'when started');
    await driven.start();
    await driven.apply(job.childStarted(1));
    const commands = await driven.apply(job.timer('1'));
    expect(commands[0]).toEqual(askToStop);
    expect(resultOf(commands)).toMatchObject([{ value: 'started' }, cancelled]);
  });

  it('ABANDON settles at once, and asks nothing', async () => {
    const driven = run('cancels', 'ABANDON', 'when started');
    await driven.start();
    await driven.apply(job.childStarted(1));
    const commands = await driven.apply(job.timer('1'));
    expect(commands).toHaveLength(1);
    expect(resultOf(commands)).toMatchObject([{ value: 'started' }, cancelled]);
  });

  it('WAIT_CANCELLATION_COMPLETED waits until it has closed', async () => {
    const driven = run('cancels', 'WAIT_CANCELLATION_COMPLETED', 'when started');
    await driven.start();
    await driven.apply(job.childStarted(1));
    expect(await driven.apply(job.timer('1'))).toEqual([askToStop]);
    expect(await driven.apply(job.cancelDelivered(1))).toEqual([]);
    const commands = await driven.apply(job.childFailed(1, new CancelledFailure('done')));
    expect(resultOf(commands)).toMatchObject([
      { value: 'started' },
      { cancelled: true, chain: [{ name: 'ChildWorkflowFailure' }, { message: 'done' }] },
    ]);
  });

  it('WAIT_CANCELLATION_COMPLETED: a child that pays no heed gives its result', async () => {
    const driven = run('cancels', 'WAIT_CANCELLATION_COMPLETED', 'when started');
    await driven.start();
    await driven.apply(job.childStarted(1));
    await driven.apply(job.timer('1'));
    const commands = await driven.apply(job.cancelDelivered(1), job.childDone(1, 'anyway'));
    expect(resultOf(commands)).toEqual([{ value: 'started' }, { value: 'anyway' }]);
  });

  it('WAIT_CANCELLATION_REQUESTED waits until it has been asked', async () => {
    const driven = run('cancels', 'WAIT_CANCELLATION_REQUESTED', 'when started');
    await driven.start();
    await driven.apply(job.childStarted(1));
    expect(await driven.apply(job.timer('1'))).toEqual([askToStop]);
    const commands = await driven.apply(job.cancelDelivered(1));
    expect(resultOf(commands)).toMatchObject([{ value: 'started' }, cancelled]);
  });

  it('whose start is under way asks it as soon as it has started', async () => {
    const driven = run('cancels', 'WAIT_CANCELLATION_COMPLETED', 'next task');
    await driven.start();
    expect(await driven.apply(job.timer('1'))).toEqual([]);
    expect(await driven.apply(job.childStarted(1))).toEqual([askToStop]);
  });

  it('whose start is under way and fails is no error', async () => {
    const driven = run('cancels', 'TRY_CANCEL', 'next task');
    await driven.start();
    const commands = await driven.apply(job.timer('1'), job.childAlreadyStarted(1));
    expect(commands).toHaveLength(1);
  });
});

describe('other workflows (35)', () => {
  const asked = (runId?: string) => [
    {
      kind: 'signalExternalWorkflow',
      seq: 1,
      target: { workflowId: 'stranger', runId },
      childWorkflowOnly: false,
      signalName: 'tell',
      args: [1],
    },
    {
      kind: 'requestCancelExternalWorkflow',
      seq: 1,
      target: { workflowId: 'stranger', runId },
      childWorkflowOnly: false,
    },
  ];

  it('are signalled and cancelled', async () => {
    const driven = run('external', 'r7');
    expect(await driven.start()).toEqual(asked('r7'));
    expect(await driven.apply(job.signalled(1))).toEqual([]);
    expect(await driven.apply(job.cancelDelivered(1))).toEqual(
      completed([{ value: null }, { value: null }]),
    );
  });

  it('that are not there: the failure says so', async () => {
    const driven = run('external');
    await driven.start();
    const missing = ApplicationFailure.create({
      message: 'not found',
      type: 'ExternalWorkflowExecutionNotFound',
    });
    const why = { chain: [{ type: 'ExternalWorkflowExecutionNotFound', message: 'not found' }] };
    const commands = await driven.apply(job.signalled(1, missing), job.cancelDelivered(1, missing));
    expect(resultOf(commands)).toMatchObject([why, why]);
  });

  it('a signal cancelled before it was sent is not sent', async () => {
    const commands = await run('signalCancelledBeforeSent').start();
    expect(commands).toHaveLength(1);
    expect(resultOf(commands)).toMatchObject({
      cancelled: true,
      chain: [{ name: 'CancelledFailure', message: 'Signal was cancelled before being sent' }],
    });
  });
});

describe('continue as new (55)', () => {
  it('ends the run with the arguments of the next', async () => {
    expect(await run('again', 1).start()).toEqual([
      { kind: 'continueAsNew', workflowType: 'again', args: [2] },
    ]);
  });

  it('carries every option', async () => {
    expect(await run('againWithOptions').start()).toMatchObject([
      {
        kind: 'continueAsNew',
        workflowType: 'again',
        args: [7],
        taskQueue: 'elsewhere',
        memo: [{ note: 'new' }],
        searchAttributes: { Old: { value: ['text'] } },
        workflowRunTimeoutMs: 60_000,
        workflowTaskTimeoutMs: 5_000,
        retryPolicy: { maximumAttempts: 3 },
        backoffStartIntervalMs: 10_000,
      },
    ]);
  });

  it('takes along what the run has changed', async () => {
    const close = (await run('againAfterUpserts').start()).at(-1);
    expect(close).toMatchObject({
      kind: 'continueAsNew',
      memo: [{ note: 'changed' }],
      searchAttributes: { Place: { value: ['here'] } },
    });
  });

  it('may come from the handler of a signal', async () => {
    const driven = run('againFromSignal');
    await driven.start();
    expect(await driven.apply(job.signal('again'))).toMatchObject([
      { kind: 'continueAsNew', workflowType: 'againFromSignal', args: [1] },
    ]);
  });

  it('is an error that code can tell', async () => {
    expect(await run('isContinueAsNew').start()).toEqual(completed(true));
  });
});
