/**
 * Kills (SIGKILL) of workers, server and Redis at moments a seed decides, amid 200 FooBars: whatever
 * was acknowledged is done, once. Replay with `CHAOS_SEEDS=3,7`; all ten: `npm run chaos`.
 */
import { PlatformProcess, RedisProcess, Stage, clientOf } from '@perdure/test-support';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it, onTestFailed, onTestFinished } from 'vitest';
import { newLedger, startCrew } from './crew.ts';
import { FooBars } from './foo-bars.ts';
import { Random, seedsOf } from './random.ts';
import { type Targets, describeStrike, planStrikes, strike } from './strikes.ts';

const COUNT = 200;
const STRIKES = 6;
/** Fewer than a burst needs, so that tasks wait in the broker. */
const slots = { maxConcurrentWorkflowTaskExecutions: 4, maxConcurrentActivityTaskExecutions: 6 };
/** From the last repair to the last result. */
const RECOVERED_WITHIN_MS = 30_000;

for (const seed of seedsOf(process.env['CHAOS_SEEDS'], [1, 2, 3])) {
  it(`seed ${seed}: whoever is killed, every FooBar is done, and nothing recorded is done again`, async () => {
    const stage = new Stage();
    onTestFinished(() => stage.close());
    const redis = await RedisProcess.start(stage);
    const platform = await PlatformProcess.start(stage, { redisUrl: redis.url });
    const place = { taskQueue: 'chaos', ledger: newLedger(stage) };
    const newWorker = () => startCrew(stage, platform, place, slots);
    const targets: Targets = {
      platform,
      redis,
      workers: [await newWorker(), await newWorker()],
    };
    const plan = planStrikes(new Random(seed), STRIKES);
    onTestFailed(() => console.error(report(plan.map(describeStrike), targets)));

    const load = new FooBars(await clientOf(stage, platform), place);
    for (const [i, next] of plan.entries()) {
      load.start(Math.round((COUNT * (i + 1)) / plan.length) - load.count);
      await sleep(next.afterMs);
      await strike(next, targets);
    }

    await load.finish(RECOVERED_WITHIN_MS);
    expect(load.count).toBe(COUNT);
    expect(await load.flaws()).toEqual([]);
  });
}

function report(plan: readonly string[], { platform, workers }: Targets): string {
  const logs = workers.map((worker, i) => `worker ${i} said:\n${worker.log}`);
  return [...plan, `the server said:\n${platform.log}`, ...logs].join('\n');
}
