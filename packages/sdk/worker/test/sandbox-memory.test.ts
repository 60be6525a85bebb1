import { AsyncLocalStorage } from 'node:async_hooks';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { DrivenRun, job, sandboxOf } from './sandbox-driver.ts';

/** `gc()` without a flag on the command line. */
function garbageCollector(): () => void {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => void;
}

it('runs that were let go of leave nothing behind, waiting or not', async () => {
  const gc = garbageCollector();
  const sandbox = await sandboxOf('cancellation');
  const heapAfter = async (count: number): Promise<number> => {
    for (let index = 0; index < count; index++) {
      const driven = new DrivenRun(sandbox, index % 2 ? 'sleeper' : 'nested', [], {
        runId: `run-${index}`,
      });
      await driven.start();
      if (index % 3 === 0) await driven.apply(job.cancel());
      driven.dispose();
    }
    gc();
    return process.memoryUsage().heapUsed;
  };
  const before = await heapAfter(1000);
  const after = await heapAfter(5000);
  // A run that waits holds some 7 KB: 5,000 of them would be 35 MB.
  expect(after - before).toBeLessThan(2 * 1024 * 1024);
});

it('a run that waits does not keep the asynchronous context of who started it', async () => {
  const gc = garbageCollector();
  const sandbox = await sandboxOf('cancellation');
  const storage = new AsyncLocalStorage<object>();
  const driven = new DrivenRun(sandbox, 'interleaved');
  const startWithin = async (): Promise<WeakRef<object>> => {
    const context = { of: 'an activity' };
    await storage.run(context, () => driven.start());
    return new WeakRef(context);
  };
  const context = await startWithin();
  await new Promise((resolve) => setImmediate(resolve));
  gc();
  expect(context.deref()).toBeUndefined();
  expect(await driven.apply(job.timer('2'))).toHaveLength(1);
});
