import { beforeAll, describe, expect, it } from 'vitest';
import { DrivenRun, START_MS, commandsOf, job, replay, sandboxOf } from './sandbox-driver.ts';
import type { Sandbox } from '../src/sandbox/interface.ts';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await sandboxOf('determinism');
});
const run = (type: string, runId = 'run-1'): DrivenRun =>
  new DrivenRun(sandbox, type, [], { runId });

async function draw(runId: string): Promise<DrivenRun> {
  const driven = run('draws', runId);
  await driven.start();
  for (const timer of ['1', '2', '3']) await driven.apply(job.timer(timer));
  await driven.apply(job.done('1', 7));
  return driven;
}

const resultOf = (driven: DrivenRun): unknown[] => {
  const last = driven.answers.at(-1);
  if (last?.kind !== 'completed') throw new Error('the task failed');
  return JSON.parse(
    new TextDecoder().decode(
      (last.commands.at(-1) as unknown as { result: { data: Uint8Array }[] }).result[0]?.data,
    ),
  ) as unknown[];
};

const isUuid = (value: unknown): boolean => /^[0-9a-f-]{36}$/.test(String(value));

describe('randomness and time', () => {
  it('are the same in a fresh instance, and in a fresh sandbox', async () => {
    const recorded = await draw('run-1');
    const expected = recorded.answers.map(commandsOf);
    expect((await replay(sandbox, recorded)).map(commandsOf)).toEqual(expected);
    const other = await sandboxOf('determinism');
    expect((await replay(other, recorded)).map(commandsOf)).toEqual(expected);
  });

  it('differ from run to run', async () => {
    const [one, two] = [resultOf(await draw('run-1')), resultOf(await draw('run-2'))];
    const texts = (list: unknown[]): unknown[] => list.filter(isUuid);
    expect(texts(one)).toHaveLength(6);
    expect(new Set([...texts(one), ...texts(two)]).size).toBe(12);
  });

  it('make version 4 UUIDs, and numbers from 0 to 1', async () => {
    const seen = resultOf(await draw('run-1'));
    for (const each of seen.filter(isUuid)) {
      expect(each).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    }
    expect(seen[1]).toBeGreaterThanOrEqual(0);
    expect(seen[1]).toBeLessThan(1);
  });

  it('go by the time of the workflow task, from the loading of the modules on', async () => {
    const seen = resultOf(await draw('run-1'));
    const times = seen.filter((each) => typeof each === 'number' && each > 1e12);
    expect(times).toEqual([START_MS, START_MS, START_MS + 1000, START_MS + 2000]);
  });

  it('Date is a whole Date, standing still', async () => {
    const [close] = await run('clock').start();
    expect(close?.['result']).toEqual([
      {
        stands: true,
        called: true,
        parsed: 1_577_836_800_000,
        utc: 1_577_836_800_000,
        given: 2020,
        isDate: true,
        subclass: 5,
        intl: '2023',
      },
    ]);
  });
});

describe('logs', () => {
  it('leave with the identity of the run', async () => {
    const driven = run('logs');
    await driven.start();
    expect(driven.answers[0]?.logs).toEqual([
      {
        level: 'INFO',
        message: 'begins',
        meta: {
          sdkComponent: 'workflow',
          namespace: 'default',
          taskQueue: 'queue',
          workflowType: 'logs',
          workflowId: 'workflow-of-run-1',
          runId: 'run-1',
          step: 1,
        },
      },
      expect.objectContaining({ level: 'WARN', message: 'careful: text { deep: [ 1 ] }' }),
    ]);
    await driven.apply(job.signal('tell', 'hello'), job.signal('wake'));
    expect(driven.answers[1]?.logs.map(({ message }) => message)).toEqual(['hello', 'ends']);
  });

  it('are written once: not during replay', async () => {
    const driven = run('logs');
    await driven.start();
    await driven.apply(job.signal('wake'));
    for (const answer of await replay(sandbox, driven)) expect(answer.logs).toEqual([]);
  });
});

it('globals are there, are of the sandbox’s own classes, or are refused', async () => {
  const [close] = await run('globals').start();
  expect(close?.['result']).toEqual([
    {
      encoded: true,
      text: 'üñ',
      fatal: expect.stringMatching(/^TypeError: /),
      base64: ['YWJj', 'abc'],
      badBase64: expect.stringMatching(/^TypeError: /),
      href: 'https://user@example.com:8080/a/b?x=1&y=2&z=%C3%BC',
      params: [
        ['x', '1'],
        ['y', '2'],
        ['z', 'ü'],
      ],
      badUrl: 'TypeError: Invalid URL',
      canParse: false,
      search: 'a=1&b=2',
      aborted: ['enough'],
      copied: true,
      copiedDate: 5,
      uncloneable: expect.stringMatching(/^TypeError: structuredClone\(\) cannot copy a function/),
      order: ['microtask'],
      absent: [],
      weakRef: expect.stringMatching(/^DeterminismViolationError: WeakRef cannot be used/),
      registry: expect.stringMatching(/^DeterminismViolationError: FinalizationRegistry/),
      codeFromText: 'undefined',
      version: 'globals',
    },
  ]);
});
