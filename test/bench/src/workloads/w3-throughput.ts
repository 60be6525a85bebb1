/**
 * W3: FooBar (two activities in a row), 2,000 runs, 100 in flight: runs a second, and the CPU time
 * of one run by process. Three passes; the one in the middle by CPU time counts.
 */
import {
  type CpuTimes,
  cpuBetween,
  describeCpu,
  platformTotal,
  readCpu,
} from '../measure/cpu-meter.ts';
import { inFlight, within } from '../measure/pace.ts';
import { type Row, atMost, show } from '../report/row.ts';
import { expectResult } from '../runs.ts';
import type { Bench, Workload } from '../workload.ts';

const width = 100;
const count = 2_000;
const warmUp = 1_000;
const passes = 3;

interface Pass {
  readonly perSecond: number;
  readonly cpu: CpuTimes;
  readonly total: number;
}

export const throughput: Workload<'W3'> = {
  title: `FooBar, ${count} runs, ${width} in flight`,
  timed: true,

  async run(bench) {
    const { runs, seconds } = bench;
    await inFlight(width, warmUp, within(seconds / 4), () => fooBar(runs));
    const all: Pass[] = [];
    for (let index = 0; index < passes; index++) all.push(await pass(bench));
    const chosen = all.toSorted((a, b) => a.total - b.total)[passes >> 1]!;
    const { perSecond, cpu, total } = chosen;
    const { server, worker, client, postgres } = cpu;
    return {
      result: { perSecond, cpuMs: { server, worker, client, postgres, total } },
      notes: [...all.map(describe), ...unseen(cpu)],
    };
  },

  judge({ perSecond, cpuMs }): Row[] {
    return [
      { what: 'rate', figure: `${show(perSecond)} runs/s` },
      atMost('CPU a run', cpuMs.total, 'ms', 2),
    ];
  },
};

async function fooBar(runs: Bench['runs']): Promise<void> {
  expectResult(await runs.execute('fooBar', 'x'), 'bar foo x');
}

async function pass({ stand, runs, seconds, progress }: Bench): Promise<Pass> {
  const before = await readCpu(stand);
  const began = performance.now();
  const done = await inFlight(width, count, within(seconds / passes), (index) => {
    progress.count(index, count);
    return fooBar(runs);
  });
  const elapsedMs = performance.now() - began;
  const cpu = cpuBetween(before, await readCpu(stand), done);
  return { perSecond: (done / elapsedMs) * 1_000, cpu, total: platformTotal(cpu) + cpu.client };
}

function describe({ perSecond, cpu }: Pass): string {
  return `${perSecond.toFixed(0)} runs/s; ${describeCpu(cpu)}`;
}

function unseen({ postgres }: CpuTimes): string[] {
  if (postgres !== undefined) return [];
  return ['the CPU time of Postgres cannot be read here (it takes Linux) and is not in the total'];
}
