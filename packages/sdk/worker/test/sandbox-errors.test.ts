import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { ApplicationFailure } from '@perdure/common';
import { DrivenRun, job, payloads, sandboxOf, workflowsPath } from './sandbox-driver.ts';
import type { Sandbox } from '../src/sandbox/interface.ts';

let sandbox: Sandbox;
const source = readFileSync(workflowsPath('errors'), 'utf8').split('\n');
beforeAll(async () => {
  sandbox = await sandboxOf('errors');
});
const run = (type: string): DrivenRun => new DrivenRun(sandbox, type);

/** Line of the workflows' file, from 1, on which a text stands first. */
const lineOf = (text: string): number => source.findIndex((line) => line.includes(text)) + 1;

describe('a failure that a workflow throws fails the run', () => {
  it('with type, details and cause (46)', async () => {
    expect(await run('throwsFailure').start()).toMatchObject([
      {
        kind: 'failWorkflow',
        failure: {
          message: 'no stock',
          info: {
            kind: 'application',
            type: 'Stock',
            nonRetryable: true,
            details: payloads({ left: 0 }),
          },
          cause: {
            message: 'order o-1 refused',
            info: { kind: 'application', type: 'OrderRefused' },
          },
        },
      },
    ]);
  });

  it('also when it is of a class of the user', async () => {
    expect(await run('throwsSubclass').start()).toMatchObject([
      { kind: 'failWorkflow', failure: { message: 'declined', info: { type: 'Card' } } },
    ]);
  });

  it('also when it is the failure of an activity', async () => {
    const driven = run('throwsActivityFailure');
    await driven.start();
    const why = ApplicationFailure.nonRetryable('broken', 'Broken');
    expect(await driven.apply(job.failed('1', why))).toMatchObject([
      {
        kind: 'failWorkflow',
        failure: {
          message: 'Activity task failed',
          info: { kind: 'activity', activityType: 'foo', activityId: '1' },
          cause: { message: 'broken', info: { type: 'Broken', nonRetryable: true } },
        },
      },
    ]);
  });

  it('and is known by instanceof, with details, when it came from an activity', async () => {
    const driven = run('wrapsActivityFailure');
    await driven.start();
    const why = ApplicationFailure.nonRetryable('broken', 'Broken', { a: 1 }, [2]);
    expect(await driven.apply(job.failed('1', why))).toEqual([
      { kind: 'completeWorkflow', result: ['Broken [{"a":1},[2]]'] },
    ]);
  });
});

describe('the task fails, and not the run,', () => {
  it('for any other error, keeping its class (47)', async () => {
    const driven = run('throwsError');
    await driven.start();
    expect(await driven.fail(job.timer('1'))).toMatchObject({
      message: 'order o-2 refused',
      info: { kind: 'application', type: 'OrderRefused', nonRetryable: false },
    });
  });

  it('for a value that is no Error (47)', async () => {
    const note =
      ' [A non-Error value was thrown from your code. ' +
      'We recommend throwing Error objects so that we can provide a stack trace]';
    expect((await run('throwsText').failStart()).message).toBe(`just text${note}`);
    expect((await run('throwsObject').failStart()).message).toBe(`[object Object]${note}`);
  });

  it('for a rejection that nobody handles (47)', async () => {
    const driven = run('forgetsRejection');
    await driven.start();
    expect(await driven.fail(job.timer('1'))).toMatchObject({
      message: 'Unhandled Promise rejection: TypeError: nobody looks',
      cause: { message: 'nobody looks', info: { type: 'TypeError' } },
    });
  });

  it('for a failed activity that nobody handles', async () => {
    const driven = run('forgetsActivity');
    await driven.start();
    const why = ApplicationFailure.nonRetryable('broken', 'Broken');
    expect((await driven.fail(job.failed('1', why))).message).toBe(
      'Unhandled Promise rejection: ActivityFailure: Activity task failed',
    );
  });

  it('for an error in a callback of setTimeout', async () => {
    const driven = run('throwsInTimeout');
    await driven.start();
    expect((await driven.fail(job.timer('1'))).message).toBe(
      'Unhandled Promise rejection: RangeError: in a callback',
    );
  });

  it('but not for a rejection that is handled later in the same task', async () => {
    expect(await run('handlesRejectionLater').start()).toEqual([
      { kind: 'completeWorkflow', result: ['handled in time'] },
    ]);
  });

  it('for a workflow type that the bundle does not export (49)', async () => {
    const failed = await run('nowhere').failStart();
    expect(failed.message).toBe(
      "Failed to initialize workflow of type 'nowhere': " +
        'no such function is exported by the workflow bundle',
    );
    expect((await run('toString').failStart()).message).toMatch("of type 'toString'");
  });

  it('for a result or an argument that cannot be converted', async () => {
    expect((await run('unserializable').failStart()).message).toMatch('BigInt');
    expect((await run('unserializableArgument').failStart()).message).toMatch('bigint');
  });

  it('for a global that workflow code cannot have, saying what to use instead', async () => {
    expect((await run('readsProcess').failStart()).message).toMatch(
      /^process is not defined in workflow code: pass what you need as an argument/,
    );
    expect((await run('fetches').failStart()).message).toMatch('fetch is not a function');
  });

  it('of that run alone, whichever rejects in the same turn of the event loop', async () => {
    const named = (type: string, index: number): DrivenRun =>
      new DrivenRun(sandbox, type, [], { runId: `run-${index}` });
    const guilty = Array.from({ length: 10 }, (_, index) => named('forgetsRejection', index));
    const innocent = Array.from({ length: 10 }, (_, index) => named('rejectsAndHandles', index));
    await Promise.all([...guilty, ...innocent].map((each) => each.start()));
    const answers = await Promise.all(
      guilty.flatMap((each, index) => [
        each.answer(job.timer('1')),
        (innocent[index] as DrivenRun).answer(job.timer('1')),
      ]),
    );
    for (const [index, answer] of answers.entries()) {
      if (index % 2 === 0) {
        expect(answer).toMatchObject({
          kind: 'failed',
          failure: { message: expect.stringContaining('nobody looks') },
        });
      } else {
        expect(answer).toMatchObject({ kind: 'completed', commands: [{ kind: 'startTimer' }] });
      }
    }
  });
});

describe('stack traces name the user’s file and line', () => {
  it('for a failure of the run, and its cause', async () => {
    const [command] = await run('throwsFailure').start();
    const { failure } = command as unknown as {
      failure: { stackTrace: string; cause: { stackTrace: string } };
    };
    expect(failure.stackTrace).toMatch(
      new RegExp(
        `throwsFailure \\(.*sandbox-workflows/errors\\.ts:${lineOf('throw ApplicationFailure.create')}:`,
      ),
    );
    expect(failure.cause.stackTrace).toMatch(`/errors.ts:${lineOf("new OrderRefused('o-1')")}:`);
  });

  it('for an error that fails the task, in every frame', async () => {
    const { stackTrace } = await run('throwsSynchronously').failStart();
    expect(stackTrace).toMatch(/^(OrderRefused|Error): order o-3 refused\n/);
    expect(stackTrace).toMatch(
      new RegExp(`at refuse \\(.*/errors\\.ts:${lineOf('throw new OrderRefused(order)')}:`),
    );
    expect(stackTrace).toMatch(
      new RegExp(`at throwsSynchronously \\(.*/errors\\.ts:${lineOf("refuse('o-3')")}:`),
    );
    expect(stackTrace?.split('\n')).toHaveLength(3);
  });

  it('after an await, too', async () => {
    const driven = run('deepStack');
    await driven.start();
    const [command] = await driven.apply(job.timer('1'));
    const { failure } = command as unknown as { failure: { stackTrace: string } };
    expect(failure.stackTrace).toMatch(
      new RegExp(`deeper \\(.*/errors\\.ts:${lineOf('if (levels === 0)')}:`),
    );
    expect(failure.stackTrace).toMatch(`/errors.ts:${lineOf('deeper(2)')}:`);
  });
});

it('commands of the task that closes the run come before the close (rule 4)', async () => {
  const driven = run('closesTwice');
  await driven.start();
  expect(await driven.apply(job.timer('2'), job.timer('1'))).toMatchObject([
    { kind: 'scheduleActivity' },
    { kind: 'failWorkflow', failure: { message: 'first' } },
  ]);
});
