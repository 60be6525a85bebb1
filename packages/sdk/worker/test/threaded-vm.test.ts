/** The sandbox in threads: the same as the one without, and what happens when a thread ends. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { defaultPayloadConverter } from '@perdure/common';
import type { ActivationJob, RunFacts } from '@perdure/workflow/runtime';
import type { WorkflowInfo } from '@perdure/workflow';
import fc from 'fast-check';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type WorkflowBundle, bundleWorkflowCode } from '../src/sandbox/bundle.ts';
import { DeadlockError, RunLostError, type Sandbox } from '../src/sandbox/interface.ts';
import { sandboxHere, sandboxInThreads } from '../src/sandbox/load-sandbox.ts';
import type { ThreadOptions } from '../src/sandbox/threaded-vm.ts';
import { DrivenRun, START_MS, job, replay, workflowsPath } from './sandbox-driver.ts';

const bundles = new Map<string, WorkflowBundle>();
beforeAll(async () => {
  for (const name of ['threads', 'steps', 'errors', 'cancellation', 'handlers']) {
    bundles.set(name, await bundleWorkflowCode({ workflowsPath: workflowsPath(name) }));
  }
});

const sandboxes: Sandbox[] = [];
afterEach(async () => {
  for (const sandbox of sandboxes.splice(0)) await sandbox.close();
});

async function threaded(name = 'threads', options: Partial<ThreadOptions> = {}): Promise<Sandbox> {
  const threads = { threads: 1, timeoutMs: 60_000, ...options };
  const sandbox = await sandboxInThreads(bundles.get(name)!, {}, threads);
  sandboxes.push(sandbox);
  return sandbox;
}

let runs = 0;
function run(sandbox: Sandbox, type: string, args: unknown[] = [], options = {}): DrivenRun {
  return new DrivenRun(sandbox, type, args, { runId: `run-${++runs}`, ...options });
}

describe('a run in a thread answers what it answers without', () => {
  const failed = new Error('broken');
  const lives: [file: string, type: string, args: unknown[], tasks: ActivationJob[][]][] = [
    ['steps', 'fooBar', ['x'], [[job.done('1', 'foo')], [job.done('2', { a: [1] })]]],
    ['threads', 'echoes', [], [[job.signal('say', 1, 2), job.signal('say', 3, 4)]]],
    ['threads', 'returns', [{ text: 'ü\u0000', list: [1, null] }], []],
    ['threads', 'returns', [new Uint8Array([0, 255])], []],
    ['threads', 'rejectsInTime', [], []],
    ['errors', 'throwsFailure', [], []],
    ['errors', 'throwsActivityFailure', [], [[job.failed('1', failed)]]],
    ['errors', 'forgetsRejection', [], [[job.timer('1')]]],
    ['errors', 'throwsSynchronously', [], []],
    ['errors', 'nowhere', [], []],
    ['cancellation', 'nested', [], [[job.cancel()]]],
  ];
  it.each(lives)('%s %s', async (file, type, args, tasks) => {
    const here = await sandboxHere(bundles.get(file)!);
    const there = await threaded(file);
    const one = new DrivenRun(here, type, args);
    await one.start().catch(() => {});
    for (const jobs of tasks) await one.apply(...jobs).catch(() => {});
    const other = await replay(here, one);
    expect(await replay(there, one)).toEqual(other);
    expect(there.workflowTypes).toEqual(here.workflowTypes);
  });

  it('queries and stacks included', async () => {
    const driven = run(await threaded('handlers'), 'waits', [], { tracing: true });
    await driven.start();
    const here = run(await sandboxHere(bundles.get('handlers')!), 'waits', [], { tracing: true });
    await here.start();
    const stacks = await driven.stacks();
    expect(stacks.length).toBeGreaterThan(0);
    // The first line is the error's own, which vitest formats in this thread.
    const frames = (stack: string): string[] => stack.split('\n').slice(1);
    expect(stacks.map(frames)).toEqual((await here.stacks()).map(frames));
  });

  it('however large', async () => {
    const sandbox = await threaded();
    const text = 'long '.repeat(200_000);
    expect(await run(sandbox, 'returns', [text]).start()).toEqual([
      { kind: 'completeWorkflow', result: [text] },
    ]);
    expect(await run(sandbox, 'returns', ['short']).start()).toEqual([
      { kind: 'completeWorkflow', result: ['short'] },
    ]);
  });
});

it('what cannot leave a thread arrives as text', async () => {
  const driven = run(await threaded(), 'saysAnything');
  await driven.start();
  const { logs, sinkCalls } = driven.answers[0]!;
  expect(logs).toMatchObject([
    {
      message: 'anything',
      meta: {
        fn: '[function named]',
        symbol: 'Symbol(sign)',
        map: new Map([['key', 1]]),
        when: new Date(0),
        workflowType: 'saysAnything',
      },
    },
  ]);
  const [call] = sinkCalls!;
  expect(call).toMatchObject({ sinkName: 'seen', functionName: 'all' });
  expect(call!.args).toEqual([
    expect.stringMatching(/^\[function/),
    new Set([1]),
    { nested: { why: new TypeError('because') } },
    '[object Promise]',
  ]);
  const info = call!.info as WorkflowInfo;
  expect(info).toMatchObject({ workflowType: 'saysAnything', startTime: expect.any(Date) });
  expect(info.typedSearchAttributes.getAll()).toEqual([]);
  expect(info.unsafe.now()).toBeGreaterThan(START_MS);
});

describe('workflow code that does not come to an end', () => {
  const timeoutMs = 500;

  it('fails alone: runs of other threads go on, those of its own are lost', async () => {
    const sandbox = await threaded('threads', { threads: 2, timeoutMs });
    const guilty = run(sandbox, 'blocks');
    const elsewhere = run(sandbox, 'echoes');
    const idle = run(sandbox, 'echoes');
    const other = run(sandbox, 'echoes');
    for (const each of [guilty, elsewhere, idle, other]) await each.start();
    const stuck = guilty.answer(job.timer('1'));
    const waiting = idle.answer(job.signal('say', 1, 0));
    stuck.catch(() => {});
    for (let i = 1; i <= 20; i++) await elsewhere.apply(job.signal('say', i, 0));
    await expect(stuck).rejects.toThrow(DeadlockError);
    await expect(stuck).rejects.toThrow(
      "[TMPRL1101] Potential deadlock detected: workflow didn't yield within 0.5 second(s). ",
    );
    await expect(waiting).rejects.toThrow(RunLostError);
    await expect(idle.answer(job.signal('say', 2, 0))).rejects.toThrow(RunLostError);
    expect(await other.apply(job.signal('say', 3, 0))).toMatchObject([{ args: [3, 0] }]);

    const again = await Promise.all([0, 1].map((i) => run(sandbox, 'returns', [i]).start()));
    expect(again).toMatchObject([[{ result: [0] }], [{ result: [1] }]]);
  });

  it('fails when it is a query, too', async () => {
    const driven = run(await threaded('threads', { timeoutMs }), 'blocksWhenAsked');
    await driven.start();
    await expect(driven.ask('spin')).rejects.toThrow(DeadlockError);
  });

  it('is ended with the sandbox', async () => {
    const sandbox = await threaded();
    const guilty = run(sandbox, 'blocks');
    await guilty.start();
    const stuck = guilty.answer(job.timer('1'));
    const failure = stuck.catch((error: unknown) => error);
    await sandbox.close();
    expect(await failure).toBeInstanceOf(RunLostError);
  });
});

it('a thread that runs out of memory is replaced, and what it did is to blame', async () => {
  const sandbox = await threaded('threads', { maxHeapMb: 64 });
  const innocent = run(sandbox, 'echoes');
  await innocent.start();
  const hoarding = run(sandbox, 'hoards').failStart();
  const waiting = innocent.answer(job.signal('say', 1, 0));
  await expect(hoarding).rejects.toThrow(/^the thread that ran the workflow ended: .*memory/);
  await expect(waiting).rejects.toThrow(RunLostError);
  expect(await run(sandbox, 'returns', ['still']).start()).toMatchObject([{ result: ['still'] }]);
});

it('a bundle that cannot be loaded says why', async () => {
  const code = 'throw new TypeError("at the top")';
  const threads = { threads: 2, timeoutMs: 5_000 };
  await expect(sandboxInThreads({ code }, {}, threads)).rejects.toThrow(
    /^the workflow bundle cannot be loaded: TypeError: at the top/,
  );
});

it('a small payload that is a view of large memory crosses alone', async () => {
  const sandbox = await threaded();
  const pool = new Uint8Array(10_000_000);
  const { metadata, data } = defaultPayloadConverter.toPayload('small');
  pool.set(data, 5_000);
  const view = pool.subarray(5_000, 5_000 + data.length);
  const given = sandbox.createRun('run');
  const answer = await given.activate({
    runId: 'run',
    timestampMs: START_MS,
    historyLength: 3,
    historySize: 1,
    isReplaying: false,
    jobs: [{ kind: 'initialize', facts: factsOf('run'), args: [{ metadata, data: view }] }],
  });
  const [command] = answer.kind === 'completed' ? answer.commands : [];
  const [result] = command?.kind === 'completeWorkflow' ? command.result : [];
  expect(defaultPayloadConverter.fromPayload(result!)).toBe('small');
  expect(result!.data.buffer.byteLength).toBeLessThan(1_000);
});

function factsOf(runId: string): RunFacts {
  return {
    namespace: 'default',
    workflowId: 'workflow',
    runId,
    firstExecutionRunId: runId,
    workflowType: 'returns',
    taskQueue: 'queue',
    attempt: 1,
    startTimeMs: START_MS,
    taskTimeoutMs: 10_000,
  };
}

it(
  'every activation gets its own answer, in the order of its run',
  { timeout: 60_000 },
  async () => {
    const numbers = fc.array(
      fc.record({
        run: fc.nat(7),
        turns: fc.oneof(fc.constant(0), fc.nat(300_000)),
        bytes: fc.oneof(
          { weight: 9, arbitrary: fc.constant(0) },
          { weight: 1, arbitrary: fc.nat(99_999) },
        ),
        pause: fc.constantFrom('none', 'microtask', 'turn', 'answer'),
      }),
      { minLength: 1, maxLength: 80 },
    );
    const sandbox = await threaded('threads', { threads: 2 });
    await fc.assert(
      fc.asyncProperty(numbers, async (said) => {
        const driven = Array.from({ length: 8 }, () => run(sandbox, 'echoes'));
        await Promise.all(driven.map((each) => each.start()));
        const answered: number[][] = driven.map(() => []);
        const answers: Promise<void>[] = [];
        for (const [i, { run: which, turns, bytes, pause }] of said.entries()) {
          const padded = 'x'.repeat(bytes);
          const answer = driven[which]!.apply(job.signal('say', i, turns, padded)).then(
            ([command]) => {
              const sum = turns === 0 ? 0 : (turns * (turns - 1)) / 2;
              expect(command).toMatchObject({ kind: 'scheduleActivity', args: [i, sum] });
              answered[which]!.push(i);
            },
          );
          answers.push(answer);
          if (pause === 'microtask') await Promise.resolve();
          if (pause === 'turn') await nextTurn();
          if (pause === 'answer') await answer;
        }
        await Promise.all(answers);
        for (const each of driven) each.dispose();
        const inOrder = driven.map((_, which) =>
          said.flatMap(({ run: spoken }, i) => (spoken === which ? [i] : [])),
        );
        expect(answered).toEqual(inOrder);
      }),
      { numRuns: 60 },
    );
  },
);
