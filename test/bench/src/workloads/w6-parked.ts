/**
 * W6: 2,000 workflows that sleep for a day: what each keeps in the memory of server and worker (heap
 * and buffers after a collection) and in the database (growth of tables with their indexes), and the
 * CPU time that all of them keep busy while nothing happens.
 *
 * Measured once they are settled: the worker has let all of them go (it keeps an idle run for 10 s).
 * Not vacuumed before, so that no space that earlier runs have left hides the growth.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { cpuBetween, platformTotal, readCpu } from '../measure/cpu-meter.ts';
import { inFlight, within } from '../measure/pace.ts';
import type { Memory } from '../processes/questions.ts';
import { type Row, atMost, show } from '../report/row.ts';
import type { Bench, Workload } from '../workload.ts';

const count = 2_000;
/** Below the worker's 40 slots for workflow tasks: runs that queue for one are another matter. */
const width = 20;
/** As many, so that pools and tables of server and worker have the size that they need. */
const warmUp = count;
const settleSeconds = 15;
const idleSeconds = 15;
const evictedWithinSeconds = 60;
/** "No memory anywhere": a map of run ids would take more, and the heap itself moves by less. */
const leastKept = 200;

interface Snapshot {
  readonly server: Memory;
  readonly worker: Memory;
  readonly tables: Map<string, number>;
}

export const parked: Workload<'W6'> = {
  title: `${count} parked workflows`,
  timed: false,

  async run(bench) {
    await park(bench, warmUp, bench.seconds / 4);
    await settle(bench, 'warmed up, settling');
    const before = await look(bench);
    const done = await park(bench, count, bench.seconds);
    await settle(bench, `${done} parked, settling`);
    const idle = await idleCpu(bench);
    const after = await look(bench);
    const each = (from: number, to: number): number => (to - from) / done;
    const tables = growth(before.tables, after.tables);
    return {
      result: {
        serverBytes: each(before.server.heapBytes, after.server.heapBytes),
        workerBytes: each(before.worker.heapBytes, after.worker.heapBytes),
        databaseBytes: tables.reduce((sum, { bytes }) => sum + bytes, 0) / done,
        idleCpuPercent: idle.percent,
      },
      notes: [
        `${done} parked beside ${warmUp}; idle: ${idle.parts}`,
        rssNote(before, after),
        `database: ${tables.map(({ name, bytes }) => `${name} ${show(bytes / done)}`).join(', ')}`,
      ],
    };
  },

  judge({ serverBytes, workerBytes, databaseBytes, idleCpuPercent }): Row[] {
    return [
      atMost('database', databaseBytes, 'B', 1_536),
      atMost('server memory', serverBytes, 'B', leastKept),
      atMost('worker memory', workerBytes, 'B', leastKept),
      atMost('idle CPU', idleCpuPercent, '%', 1),
    ];
  },
};

async function park({ runs, progress }: Bench, wanted: number, seconds: number): Promise<number> {
  return inFlight(width, wanted, within(seconds), (index) => {
    progress.count(index, wanted);
    return runs.start('park');
  });
}

async function settle({ stand, progress }: Bench, what: string): Promise<void> {
  progress.phase(`W6 ${what}`);
  await sleep(settleSeconds * 1_000);
  const limit = within(evictedWithinSeconds);
  while ((await stand.worker().ask('cachedRuns')) > 0 && !limit.expired()) await sleep(500);
}

async function look({ stand }: Bench): Promise<Snapshot> {
  return {
    server: await stand.server.ask('memory'),
    worker: await stand.worker().ask('memory'),
    tables: await stand.database.tableBytes(),
  };
}

async function idleCpu({ stand, progress }: Bench) {
  progress.phase('W6 idle');
  const before = await readCpu(stand);
  const began = performance.now();
  await sleep(idleSeconds * 1_000);
  const cpu = cpuBetween(before, await readCpu(stand), performance.now() - began);
  const { server, worker, postgres, redis } = cpu;
  const parts = Object.entries({ server, worker, postgres, redis })
    .map(([name, share]) => `${name} ${share === undefined ? '–' : (share * 100).toFixed(2)}`)
    .join(', ');
  return { percent: platformTotal(cpu) * 100, parts: `${parts} % of a core` };
}

function growth(before: Map<string, number>, after: Map<string, number>) {
  return [...after]
    .map(([name, bytes]) => ({ name, bytes: bytes - (before.get(name) ?? 0) }))
    .filter(({ bytes }) => bytes !== 0)
    .toSorted((a, b) => b.bytes - a.bytes);
}

function rssNote(before: Snapshot, after: Snapshot): string {
  const change = (name: 'server' | 'worker'): string => {
    const [from, to] = [before[name].rssBytes, after[name].rssBytes].map((n) =>
      (n / 1e6).toFixed(1),
    );
    return `${name} ${from} → ${to} MB`;
  };
  return `resident memory: ${change('server')}, ${change('worker')}`;
}
