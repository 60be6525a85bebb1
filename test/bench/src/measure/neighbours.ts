/**
 * How much of the machine other programs took while a workload ran, and how much its host gave to
 * other machines: what makes one run slower than the next. Known on Linux only.
 */
import { readFileSync } from 'node:fs';
import type { Stand } from '../stand.ts';
import { type CpuTimes, cpuBetween, platformTotal, readCpu } from './cpu-meter.ts';

/** Shares of all cores, from 0 to 1. */
export interface Neighbours {
  readonly others: number;
  readonly stolen: number;
}

/** CPU time of the whole machine so far, in milliseconds, and ours in it. */
interface Reading {
  readonly busy: number;
  readonly stolen: number;
  readonly all: number;
  readonly own: CpuTimes;
  readonly workerPid: number;
}

const msPerTick = 10;

/** Starts to watch; call what it returns to stop. */
export async function watchNeighbours(
  stand: Stand,
): Promise<() => Promise<Neighbours | undefined>> {
  const before = await read(stand);
  return async () => {
    const after = await read(stand);
    if (!before || !after || after.all === before.all) return undefined;
    // What a killed worker took is not known.
    if (after.workerPid !== before.workerPid) return undefined;
    const own = cpuBetween(before.own, after.own);
    const all = after.all - before.all;
    const busy = after.busy - before.busy - platformTotal(own) - own.client;
    return { others: Math.max(busy / all, 0), stolen: (after.stolen - before.stolen) / all };
  };
}

/** The first line of /proc/stat: user, nice, system, idle, iowait, irq, softirq, steal, in ticks. */
async function read(stand: Stand): Promise<Reading | undefined> {
  let line: string;
  try {
    [line = ''] = readFileSync('/proc/stat', 'utf8').split('\n');
  } catch {
    return undefined;
  }
  const ticks = line.trim().split(/\s+/).slice(1, 9).map(Number);
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = ticks;
  return {
    busy: (user + nice + system + irq + softirq) * msPerTick,
    stolen: steal * msPerTick,
    all: ticks.reduce((sum, count) => sum + count, 0) * msPerTick,
    own: await readCpu(stand),
    workerPid: stand.worker().pid,
  };
}
