/**
 * Kills (SIGKILL) of workers, servers and Redis at moments a seed decides, amid 200 FooBars: whatever
 * was acknowledged is done, once. Odd seeds have one server on its own Postgres, even ones two that
 * share theirs. Replay with `CHAOS_SEEDS=3,7`; all ten: `npm run chaos -w @perdure/test-chaos`.
 */
import { Stage } from '@perdure/test-support';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it, onTestFailed, onTestFinished } from 'vitest';
import { newLedger } from './crew.ts';
import { FooBars } from './foo-bars.ts';
import { Random, seedsOf } from './random.ts';
import { describeStrike, planStrikes, strike } from './strikes.ts';
import { logsOf, startSystem } from './system.ts';

const COUNT = 200;
const STRIKES = 6;
/** Fewer than a burst needs, so that tasks wait. */
const slots = { maxConcurrentWorkflowTaskExecutions: 4, maxConcurrentActivityTaskExecutions: 6 };
/** From the last repair to the last result. */
const RECOVERED_WITHIN_MS = 30_000;

for (const seed of seedsOf(process.env['CHAOS_SEEDS'], [1, 2])) {
  const serverCount = seed % 2 === 1 ? 1 : 2;
  it(`seed ${seed} (servers: ${serverCount}): every FooBar is done, and nothing recorded is done again`, async () => {
    const stage = new Stage();
    onTestFinished(() => stage.close());
    const place = { taskQueue: 'chaos', ledger: newLedger(stage) };
    const system = await startSystem(stage, serverCount, place, slots);
    const plan = planStrikes(new Random(seed), system, STRIKES);
    onTestFailed(() => {
      console.error([...plan.map(describeStrike), logsOf(system)].join('\n'));
    });

    const load = new FooBars(system.clients, place);
    for (const [i, next] of plan.entries()) {
      load.start(Math.round((COUNT * (i + 1)) / plan.length) - load.count);
      await sleep(next.afterMs);
      await strike(next, system);
    }

    await load.finish(RECOVERED_WITHIN_MS);
    expect(load.count).toBe(COUNT);
    expect(await load.flaws()).toEqual([]);
  });
}
