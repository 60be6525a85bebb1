/**
 * Redis is disposable: whatever it forgets, and if it never comes back, all that was acknowledged is
 * done, once, and soon. Two servers, so that tasks do go through it.
 */
import { Stage, dumpRedis, eventually, flushRedis } from '@perdure/test-support';
import { expect, it, onTestFailed, onTestFinished } from 'vitest';
import { newLedger } from './crew.ts';
import { FooBars } from './foo-bars.ts';
import { logsOf, startSystem } from './system.ts';

const COUNT = 200;
const RECOVERED_WITHIN_MS = 30_000;
/** Few, so that tasks wait. */
const slots = { maxConcurrentWorkflowTaskExecutions: 2, maxConcurrentActivityTaskExecutions: 3 };
/** A run's id is 16 bytes, and a task's id begins with that. */
const LEAST_BYTES_PER_TASK = 16;

async function startLoad() {
  const stage = new Stage();
  onTestFinished(() => stage.close());
  const place = { taskQueue: 'redis-loss', ledger: newLedger(stage) };
  const system = await startSystem(stage, 2, place, slots);
  onTestFailed(() => console.error(logsOf(system)));
  return { system, load: new FooBars(system.clients, place) };
}

/** Waits until a share of the load is done. */
async function progress(load: FooBars, finished: number): Promise<void> {
  await eventually(() => expect(load.finished).toBeGreaterThanOrEqual(finished));
}

it('goes on when Redis is flushed, again and again, amid 200 FooBars', async () => {
  const { system, load } = await startLoad();
  load.start(COUNT);
  for (const share of [0, 0.1, 0.3, 0.5, 0.7]) {
    await progress(load, COUNT * share);
    await flushRedis(system.redis.url);
  }
  await load.finish(RECOVERED_WITHIN_MS);
  expect(await load.flaws()).toEqual([]);
});

it('finds again what waited nowhere but in Redis when that was flushed', async () => {
  const { system, load } = await startLoad();
  await Promise.all(system.workers.map((worker) => worker.kill()));
  load.start(COUNT);
  await load.acknowledged();
  const waiting = (await dumpRedis(system.redis.url)).length;
  expect(waiting).toBeGreaterThan(COUNT * LEAST_BYTES_PER_TASK);

  await flushRedis(system.redis.url);
  await Promise.all(system.workers.map((worker) => worker.restart()));
  await load.finish(RECOVERED_WITHIN_MS);
  expect(await load.flaws()).toEqual([]);
});

it('does without a Redis that is gone for good, also where only the other server has a worker', async () => {
  const { system, load } = await startLoad();
  load.start(COUNT / 2);
  await progress(load, COUNT / 10);
  await system.redis.kill();
  await system.workers[1]?.kill();
  load.start(COUNT / 2);
  await load.finish(RECOVERED_WITHIN_MS);
  expect(await load.flaws()).toEqual([]);
});
