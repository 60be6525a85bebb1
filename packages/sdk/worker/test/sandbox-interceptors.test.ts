import { beforeAll, describe, expect, it } from 'vitest';
import { defaultPayloadConverter } from '@perdure/common';
import { DrivenRun, job, workflowsPath } from './sandbox-driver.ts';
import { payloadConverter } from './sandbox-workflows/converter.ts';
import { bundleWorkflowCode } from '../src/sandbox/bundle.ts';
import type { Sandbox } from '../src/sandbox/interface.ts';
import { sandboxHere } from '../src/sandbox/load-sandbox.ts';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await sandboxHere(
    await bundleWorkflowCode({
      workflowsPath: workflowsPath('intercepted'),
      workflowInterceptorModules: [workflowsPath('interceptors')],
    }),
  );
});

const tagged = (value: unknown) => ({ tag: defaultPayloadConverter.toPayload(value) });

describe('interceptors', () => {
  it('see every call of a workflow, and may change it', async () => {
    const driven = new DrivenRun(sandbox, 'calls', ['given']);
    const headersByKind = Object.fromEntries(
      (await driven.start()).map(({ kind, headers }) => [kind, headers]),
    );
    expect(headersByKind).toEqual({
      scheduleActivity: tagged('from execute 1'),
      signalExternalWorkflow: tagged('external'),
      scheduleLocalActivity: tagged(1),
      startChildWorkflow: tagged('child'),
    });
    expect(driven.answers[0]?.logs[0]).toMatchObject({ message: 'called', meta: { extra: 1 } });
    expect(await driven.ask('get')).toEqual({ asked: 'get', answer: 'got' });
    const signal = { ...job.signal('tell'), headers: tagged('told') } as never;
    await driven.apply(signal, job.update('u1', 'change'));
    expect(await driven.apply(job.done('1', 'x'))).toMatchObject([
      { kind: 'startTimer', startToFireTimeoutMs: 21 },
    ]);
    await driven.apply(job.childStarted(1), job.childDone(1, 'theirs'));
    const [close] = await driven.apply(job.timer('1'));
    expect(close?.['result']).toEqual([
      {
        args: ['given', 'extra'],
        child: 'seen theirs',
        notes: [
          'execute undefined',
          'concluded 4',
          'signal tell told',
          'validate change',
          'update change',
          'concluded 2',
          'concluded 1',
          'concluded 0',
        ],
      },
    ]);
  });

  it('see a run go on as new', async () => {
    expect(await new DrivenRun(sandbox, 'again').start()).toMatchObject([
      { kind: 'continueAsNew', headers: tagged('next') },
    ]);
  });

  it('are made for every run anew', async () => {
    const [one, two] = ['one', 'two'].map(
      (runId) => new DrivenRun(sandbox, 'calls', [], { runId }),
    );
    expect(await one!.start()).toEqual(await two!.start());
  });
});

it('a payload converter of the user’s own works in the sandbox', async () => {
  const bundle = await bundleWorkflowCode({
    workflowsPath: workflowsPath('bigints'),
    payloadConverterPath: workflowsPath('converter'),
  });
  const run = (await sandboxHere(bundle)).createRun('run-1');
  const probe = new DrivenRun(sandbox, 'double');
  await probe.start().catch(() => {});
  const [initialize] = probe.activations[0]!.jobs;
  const answer = await run.activate({
    ...probe.activations[0]!,
    jobs: [{ ...initialize!, args: [payloadConverter.toPayload(21n)] } as never],
  });
  const [close] = answer.kind === 'completed' ? answer.commands : [];
  const { result } = close as unknown as {
    result: Parameters<typeof payloadConverter.fromPayload>[0][];
  };
  expect(payloadConverter.fromPayload(result[0]!)).toBe(42n);
});
