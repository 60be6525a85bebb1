import { beforeAll, describe, expect, it } from 'vitest';
import { DrivenRun, job, workflowsPath } from './sandbox-driver.ts';
import { bundleWorkflowCode } from '../src/sandbox/bundle.ts';
import type { Sandbox } from '../src/sandbox/interface.ts';
import { sandboxHere } from '../src/sandbox/load-sandbox.ts';

let sandbox: Sandbox;
beforeAll(async () => {
  const path = workflowsPath('measured');
  sandbox = await sandboxHere(
    await bundleWorkflowCode({ workflowsPath: path, workflowInterceptorModules: [path] }),
  );
});

const tags = { namespace: 'default', taskQueue: 'queue', workflowType: 'measures', more: true };

function measured(driven: DrivenRun, activation: number): unknown {
  return driven.answers[activation]?.sinkCalls?.map(({ args }) => args);
}

describe('what workflows measure', () => {
  it('leaves with the tags of the run, of its interceptors and of the metric', async () => {
    const driven = new DrivenRun(sandbox, 'measures');
    await driven.start();
    expect(measured(driven, 0)).toEqual([
      [
        { name: 'orders', unit: 'order', description: 'Placed', kind: 'counter', valueType: 'int' },
        2,
        { ...tags, shop: 'a', size: 'big' },
      ],
      [{ name: 'wait', unit: 'ms', kind: 'histogram', valueType: 'float' }, 1.5, tags],
    ]);
    await driven.apply(job.timer('1'));
    expect(measured(driven, 1)).toMatchObject([
      [{ name: 'depth', kind: 'gauge' }, 3, tags],
      [{ name: 'open', kind: 'up-down-counter' }, -1, tags],
    ]);
  });

  it('is measured once, however often the run is replayed', async () => {
    const first = new DrivenRun(sandbox, 'measures');
    await first.start();
    const again = new DrivenRun(sandbox, 'measures');
    for (const activation of first.activations) {
      await again.activate({ ...activation, isReplaying: true });
    }
    expect(measured(again, 0)).toBeUndefined();
  });
});

describe('a workflow', () => {
  it('knows that it is one, and of no version; deep imports of common work', async () => {
    expect(await new DrivenRun(sandbox, 'knows').start()).toMatchObject([
      {
        kind: 'completeWorkflow',
        result: [
          {
            inContext: [true, true],
            versions: [null, null, false],
            text: 'ä',
            ms: 2_000,
            abort: false,
          },
        ],
      },
    ]);
  });
});
