import { expect, it } from 'vitest';
import { bundleWorkflowCode } from '../src/sandbox/bundle.ts';
import { sandboxInThreads } from '../src/sandbox/load-sandbox.ts';
import { DrivenRun, job, workflowsPath } from './sandbox-driver.ts';

it('smoke', async () => {
  const t0 = performance.now();
  const bundle = await bundleWorkflowCode({ workflowsPath: workflowsPath('errors') });
  const t1 = performance.now();
  const sandbox = await sandboxInThreads(bundle, {}, { threads: 1, timeoutMs: 5000 });
  const t2 = performance.now();
  const s2 = await sandboxInThreads(bundle, {}, { threads: 1, timeoutMs: 5000 });
  console.log('bundle', t1 - t0, 'first', t2 - t1, 'second', performance.now() - t2);
  const run = new DrivenRun(sandbox, 'throwsFailure');
  expect(await run.start()).toMatchObject([{ kind: 'failWorkflow' }]);
  const driven = new DrivenRun(sandbox, 'forgetsRejection', [], { runId: 'r2' });
  await driven.start();
  expect((await driven.fail(job.timer('1'))).message).toMatch('nobody looks');
  await sandbox.close();
  await s2.close();
});
