import { beforeAll, describe, expect, it } from 'vitest';
import {
  DrivenRun,
  type SeenCommand,
  commandsOf,
  job,
  replay,
  sandboxOf,
} from './sandbox-driver.ts';
import type { Sandbox } from '../src/sandbox/interface.ts';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await sandboxOf('handlers');
});
const run = (type: string, ...args: unknown[]): DrivenRun => new DrivenRun(sandbox, type, args);
const started = async (type: string, ...args: unknown[]): Promise<DrivenRun> => {
  const driven = run(type, ...args);
  await driven.start();
  return driven;
};

describe('a query', () => {
  it('is answered by what the run knows now, and issues no command', async () => {
    const driven = await started('asked');
    expect(await driven.ask('get')).toBe('begun');
    await driven.apply(job.signal('tell', 'told'));
    expect(await driven.ask('get', 'now')).toBe('now: told');
    expect(commandsOf(await driven.answer(job.query('get')))).toEqual([]);
  });

  it('that nobody answers says which there are (40)', async () => {
    const driven = await started('asked');
    const { refused } = (await driven.ask('nope')) as { refused: string };
    expect(refused).toMatch(
      /^Workflow did not register a handler for nope\. Registered queries: \[__stack_trace __enhanced_stack_trace __temporal_workflow_metadata get throws async/,
    );
  });

  it.each([
    ['throws', 'cannot say'],
    ['async', 'Query handlers should not return a Promise'],
    ['times', /^a query handler may not change the run, and asked for a timer/],
    ['sleeps', /^a query handler may not change the run, and asked for sleep\(\)/],
    ['calls', /^a query handler may not change the run, and asked for activity foo/],
  ])('%s: the query fails, the run does not', async (name, why) => {
    const driven = await started('asked');
    expect(await driven.ask(name)).toEqual({ refused: expect.stringMatching(why) });
    const [close] = await driven.apply(job.timer('1'));
    expect(close).toMatchObject({ kind: 'completeWorkflow' });
  });

  it('leaves the random numbers, the ids and the patches of the run as they were', async () => {
    const [one, two] = [await started('asked'), await started('asked')];
    expect(await one.ask('draws')).toEqual(await one.ask('draws'));
    await one.ask('sleeps');
    await one.ask('times');
    await one.ask('scopes');
    await one.ask('calls');
    expect(await one.ask('patches')).toBe(true);
    expect(await one.apply(job.timer('1'))).toEqual(await two.apply(job.timer('1')));
  });

  it('goes to the default handler, unless it has its own', async () => {
    const driven = await started('anyQuery');
    expect(await driven.ask('whatever', 1)).toEqual({ name: 'whatever', args: [1] });
    expect(await driven.ask('get')).toBe('own');
    expect(await driven.ask('__temporal_mine')).toHaveProperty('refused');
  });

  it('for the metadata tells what the run can be asked and told', async () => {
    const metadata = await (await started('described')).ask('__temporal_workflow_metadata');
    expect(metadata).toMatchObject({
      definition: {
        type: 'described',
        signalDefinitions: [{ name: 'tell', description: 'told' }],
        updateDefinitions: [{ name: 'add', description: 'added' }],
      },
      currentDetails: '',
    });
    const other = await (await started('asked')).ask('__temporal_workflow_metadata');
    expect(other).toMatchObject({
      definition: {
        queryDefinitions: expect.arrayContaining([{ name: 'get', description: 'the state' }]),
      },
      currentDetails: 'going well',
    });
  });

  it('for where the run waits is answered by a copy that traces its calls', async () => {
    const driven = new DrivenRun(sandbox, 'waits', [], { tracing: true });
    await driven.start();
    const stacks = await driven.stacks();
    expect(stacks).toHaveLength(3);
    const text = stacks.join('\n');
    expect(text).toMatch(/inner .*sandbox-workflows\/handlers\.ts:\d+:\d+/);
    expect(text).toMatch(/waits .*sandbox-workflows\/handlers\.ts:\d+:\d+/);
    expect(text).not.toContain('perdure:');
    expect(await (await started('waits')).stacks()).toEqual([]);
  });
});

const accepted = (id: string) => ({ kind: 'acceptUpdate', protocolInstanceId: id });
const completed = (id: string, result: unknown) => ({
  kind: 'completeUpdate',
  protocolInstanceId: id,
  outcome: { kind: 'completed', result: [result] },
});
/** Commands with the payloads of update outcomes opened. */
const opened = (commands: readonly SeenCommand[]): unknown[] =>
  commands.map((command) => {
    const outcome = command['outcome'] as { kind: string; result?: { data: Uint8Array }[] };
    if (outcome?.kind !== 'completed') return command;
    const text = new TextDecoder().decode(outcome.result![0]!.data);
    return { ...command, outcome: { kind: 'completed', result: [JSON.parse(text)] } };
  });

describe('an update', () => {
  it('is accepted and completed in one task when its handler waits for nothing (41)', async () => {
    const driven = await started('counter');
    expect(opened(await driven.apply(job.update('u1', 'add', 2)))).toEqual([
      accepted('u1'),
      completed('u1', 2),
    ]);
  });

  it('is accepted first, and completed when its handler is done (41)', async () => {
    const driven = await started('counter');
    expect(await driven.apply(job.update('u1', 'add', 20))).toMatchObject([
      accepted('u1'),
      { kind: 'startTimer', timerId: '1' },
    ]);
    const [done, close] = opened(await driven.apply(job.timer('1')));
    expect(done).toEqual(completed('u1', 20));
    expect(close).toMatchObject({ kind: 'completeWorkflow' });
  });

  it('knows itself, across what it awaits, and nobody else does', async () => {
    const driven = await started('counter');
    await driven.apply(job.update('u1', 'add', 20), job.update('u2', 'add', 1));
    const close = (await driven.apply(job.timer('1'))).at(-1) as unknown as {
      result: [{ seen: unknown[]; outside: unknown }];
    };
    expect(close.result[0]).toEqual({
      sum: 21,
      seen: [
        [{ id: 'u1', name: 'add' }, 20],
        [{ id: 'u2', name: 'add' }, 1],
        { id: 'u1', name: 'add' },
      ],
      outside: null,
    });
  });

  it('is refused by its validator, and leaves nothing behind (42)', async () => {
    const driven = await started('counter');
    expect(await driven.apply(job.update('u1', 'add', -1))).toMatchObject([
      {
        kind: 'rejectUpdate',
        protocolInstanceId: 'u1',
        failure: { message: 'not less than 0', info: { kind: 'application', type: 'RangeError' } },
      },
    ]);
  });

  it('is refused when its validator would change the run', async () => {
    const driven = await started('counter');
    expect(await driven.apply(job.update('u1', 'add', 0))).toMatchObject([
      {
        kind: 'rejectUpdate',
        failure: { message: expect.stringMatching(/^the validator of an update may not change/) },
      },
    ]);
  });

  it('is not validated on replay', async () => {
    const driven = await started('counter');
    const update = { ...job.update('u1', 'add', -1), runValidator: false } as never;
    expect(opened(await driven.apply(update))).toEqual([accepted('u1'), completed('u1', -1)]);
  });

  it('whose arguments the validator changed is handled with the arguments as they came', async () => {
    const driven = await started('vandal');
    expect(opened(await driven.apply(job.update('u1', 'change', ['mine'])))).toEqual([
      accepted('u1'),
      completed('u1', ['mine']),
    ]);
  });

  it('fails with a failure of its handler (43)', async () => {
    const driven = await started('counter');
    expect(await driven.apply(job.update('u1', 'add', 101))).toMatchObject([
      accepted('u1'),
      {
        kind: 'completeUpdate',
        outcome: { kind: 'failed', failure: { message: 'too much', info: { type: 'TooMuch' } } },
      },
    ]);
  });

  it('fails the task with any other error of its handler (43)', async () => {
    const driven = await started('counter');
    expect(await driven.fail(job.update('u1', 'add', 51))).toMatchObject({ message: 'broken' });
  });

  it('that nobody handles is refused when the task ends (43)', async () => {
    const driven = await started('lateUpdateHandler');
    expect(await driven.apply(job.update('u1', 'add', 1))).toMatchObject([
      {
        kind: 'rejectUpdate',
        failure: {
          message: 'No registered handler for update: add',
          info: { kind: 'application', nonRetryable: true },
        },
      },
    ]);
  });

  it('waits for a handler until the task ends', async () => {
    const driven = run('handlerSetInTheSameTask');
    const commands = await driven.start(job.update('u1', 'add', 1), job.update('u2', 'add', 2));
    expect(opened(commands)).toMatchObject([
      accepted('u1'),
      accepted('u2'),
      { kind: 'startTimer' },
      completed('u1', 1),
      completed('u2', 2),
    ]);
  });

  it('goes to the default handler when it has none of its own', async () => {
    const driven = await started('anyUpdate');
    expect(opened(await driven.apply(job.update('u1', 'what', 1)))).toEqual([
      accepted('u1'),
      completed('u1', { name: 'what', args: [1] }),
    ]);
  });

  it('that ends the run is completed before it closes (44)', async () => {
    const driven = await started('updateEndsRun');
    expect(opened(await driven.apply(job.update('u1', 'add', 1)))).toEqual([
      accepted('u1'),
      completed('u1', 1),
      { kind: 'completeWorkflow', result: ['main'] },
    ]);
  });

  it('may call activities', async () => {
    const driven = await started('updateCallsActivity');
    expect(await driven.apply(job.update('u1', 'call'))).toMatchObject([
      accepted('u1'),
      { kind: 'scheduleActivity', args: ['from the update'] },
    ]);
    expect(opened(await driven.apply(job.done('1', 'out')))).toEqual([completed('u1', 'out')]);
  });

  it('comes out the same on replay', async () => {
    const driven = await started('counter');
    await driven.apply(job.update('u1', 'add', 20), job.signal('tell', 'x'));
    await driven.apply(job.timer('1'));
    const again = await replay(sandbox, driven);
    expect(again.map(commandsOf)).toEqual(driven.answers.map(commandsOf));
  });
});

describe('handlers that a closing run cuts off', () => {
  it('are warned of', async () => {
    const driven = await started('unfinished');
    const answer = await driven.answer(
      job.signal('tell', 'x'),
      job.update('u1', 'add', 1),
      job.signal('stop'),
    );
    expect(answer.logs.map(({ level, message }) => [level, message.slice(0, 12)])).toEqual([
      ['WARN', '[TMPRL1102] '],
      ['WARN', '[TMPRL1102] '],
    ]);
    expect(answer.logs[0]?.meta).toMatchObject({ handlers: [{ name: 'add', id: 'u1' }] });
    expect(answer.logs[1]?.meta).toMatchObject({ handlers: { tell: 1 } });
  });

  it('are not, where that is what they are set to', async () => {
    const driven = await started('unfinished', 'ABANDON');
    const answer = await driven.answer(job.signal('tell', 'x'), job.signal('stop'));
    expect(answer.logs).toEqual([]);
  });
});

it('setHandler wants a function', async () => {
  const failed = await run('badHandler').failStart();
  expect(failed.message).toBe('the handler of add must be a function; got string');
});
