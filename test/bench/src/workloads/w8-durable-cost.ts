/**
 * W8: commits and bytes of write-ahead log of one FooBar with nothing beside it, and of one step of
 * 100 in a row (start and end of its workflow included). What the platform does when it is idle is
 * measured first, for as long as the counters take to settle, and subtracted.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type DatabaseCounters, countersSettleMs } from '../measure/database.ts';
import { sequentially, within } from '../measure/pace.ts';
import { type Row, atMost } from '../report/row.ts';
import { expectResult } from '../runs.ts';
import type { Bench, Workload } from '../workload.ts';

const fooBars = 1_000;
const stepsEach = 100;
const stepRuns = 20;
const warmUp = 50;
/** What the platform does now and then under load only, and is not in what it does when idle. */
const counterNoise = 0.01;

/** Per millisecond of background, or per run or step. */
type Cost = Omit<DatabaseCounters, 'at'>;

export const durableCost: Workload<'W8'> = {
  title: 'commits and write-ahead log',
  timed: false,

  async run(bench) {
    const { runs, seconds, progress } = bench;
    const fooBar = async (): Promise<void> =>
      expectResult(await runs.execute('fooBar', 'x'), 'bar foo x');
    const manySteps = async (): Promise<void> =>
      expectResult(await runs.execute('stepsInARow', stepsEach), stepsEach);
    await sequentially(warmUp, within(seconds / 4), fooBar);
    await manySteps();

    const first = await readSettled(bench);
    const quiet = await readSettled(bench);
    const idle = between(first, quiet, quiet.at - first.at);
    progress.phase('W8 FooBars');
    const { length: alone } = await sequentially(fooBars, within(seconds / 2), fooBar);
    const afterFooBars = await readSettled(bench);
    progress.phase('W8 steps');
    const { length: inARow } = await sequentially(stepRuns, within(seconds / 2), manySteps);
    const afterSteps = await readSettled(bench);

    const each = without(idle, quiet, afterFooBars, alone);
    const step = without(idle, afterFooBars, afterSteps, inARow * stepsEach);
    return {
      result: {
        commitsPerFooBar: each.commits,
        walBytesPerFooBar: each.walBytes,
        commitsPerStep: step.commits,
        walBytesPerStep: step.walBytes,
      },
      notes: [
        `${alone} FooBars, ${inARow * stepsEach} steps; transactions that wrote: ` +
          `${each.writes.toFixed(2)} a FooBar, ${step.writes.toFixed(3)} a step`,
        `subtracted: ${(idle.commits * 1_000).toFixed(1)} commits/s (` +
          `${(idle.writes * 1_000).toFixed(1)} of them wrote) and ` +
          `${(idle.walBytes * 1_000).toFixed(0)} B/s of log when idle`,
      ],
    };
  },

  judge({ commitsPerFooBar, walBytesPerFooBar, commitsPerStep, walBytesPerStep }): Row[] {
    return [
      atMost('commits a FooBar', commitsPerFooBar, '', 4, counterNoise),
      atMost('log a FooBar', walBytesPerFooBar, 'B', 8_192),
      atMost('commits a step', commitsPerStep, '', 1.1, counterNoise),
      atMost('log a step', walBytesPerStep, 'B', 2_048),
    ];
  },
};

async function readSettled({ stand, progress }: Bench): Promise<DatabaseCounters> {
  progress.phase('W8 settling');
  await sleep(countersSettleMs);
  return stand.database.counters();
}

/** @param by a number of things, or of milliseconds */
function between(before: DatabaseCounters, after: DatabaseCounters, by: number): Cost {
  return {
    commits: (after.commits - before.commits) / by,
    walBytes: (after.walBytes - before.walBytes) / by,
    writes: (after.writes - before.writes) / by,
  };
}

function without(idle: Cost, before: DatabaseCounters, after: DatabaseCounters, by: number): Cost {
  const all = between(before, after, by);
  const ms = (after.at - before.at) / by;
  return {
    commits: all.commits - idle.commits * ms,
    walBytes: all.walBytes - idle.walBytes * ms,
    writes: all.writes - idle.writes * ms,
  };
}
