/** Runs the chosen workloads one after another on one stand, the floors before and between them. */
import { cpus } from 'node:os';
import { type FloorMeter, type FloorPair, createFloorMeter } from './measure/floors.ts';
import { inFlight, within } from './measure/pace.ts';
import { type Neighbours, watchNeighbours } from './measure/neighbours.ts';
import type { BenchOptions } from './options.ts';
import type { Progress } from './progress.ts';
import type { BenchReport, Results, WorkloadId } from './results.ts';
import { createRuns } from './runs.ts';
import type { Stand } from './stand.ts';
import type { Bench } from './workload.ts';
import { workloads } from './workloads/all.ts';

/** A report and what is said beside it. */
export interface BenchRun {
  readonly report: BenchReport;
  /** Machine and versions. */
  readonly about: string;
  readonly floors: FloorPair;
  /** Each time the floors were measured. */
  readonly allFloors: readonly FloorPair[];
  readonly notes: ReadonlyMap<WorkloadId, readonly string[]>;
}

/** @throws Error when a workload fails or one of the stand's processes ends */
export async function runBench(
  { only, seconds }: BenchOptions,
  stand: Stand,
  progress: Progress,
): Promise<BenchRun> {
  const bench = { stand, runs: createRuns(stand.client), seconds, progress };
  const meter = createFloorMeter(stand);
  const results: Partial<Results> = {};
  const notes = new Map<WorkloadId, readonly string[]>();
  await measureFloors(meter, progress);
  let hot = false;
  for (const id of only) {
    if (workloads[id].timed && !hot) await heat(bench);
    hot ||= workloads[id].timed;
    progress.phase(`${id} ${workloads[id].title}`);
    const stop = await watchNeighbours(stand);
    const said = await Promise.race([measure(id, bench, results), stand.failure]);
    notes.set(id, [...said, ...describe(await stop())]);
    await measureFloors(meter, progress);
  }
  const floors = meter.floors();
  const report = { floors: floors.tight, results: inOrder(results) };
  return { report, about: about(stand), floors, allFloors: meter.all(), notes };
}

/** Compilers take thousands of runs to be done with server, worker and client. */
async function heat({ runs, seconds, progress }: Bench): Promise<void> {
  progress.phase('warming up');
  await inFlight(20, 4_000, within(seconds / 2), () => runs.execute('fooBar', 'x'));
}

/** Puts the result in its place; returns the notes. */
async function measure<Id extends WorkloadId>(
  id: Id,
  bench: Bench,
  results: Partial<Results>,
): Promise<readonly string[]> {
  const { run } = workloads[id];
  const { result, notes } = await run(bench);
  (results as { [I in Id]: Results[I] })[id] = result;
  return notes;
}

function describe(neighbours: Neighbours | undefined): string[] {
  if (!neighbours) return [];
  const [others, stolen] = [neighbours.others, neighbours.stolen].map((n) => (n * 100).toFixed(0));
  return [`meanwhile other programs had ${others} % of the machine, its host took ${stolen} %`];
}

async function measureFloors(meter: FloorMeter, progress: Progress): Promise<void> {
  progress.phase('floors');
  await meter.measure();
}

function inOrder(results: Partial<Results>): Partial<Results> {
  return Object.fromEntries(Object.entries(results).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function about({ database, server }: Stand): string {
  const [core] = cpus();
  const broker = server.greeting.broker.startsWith('redis') ? 'Redis' : 'Postgres';
  return [
    `Node ${process.versions.node}, ${process.platform} ${process.arch}`,
    `${cpus().length} × ${core?.model.trim() ?? 'unknown core'}`,
    database.about,
    `broker on ${broker}`,
    'namespace sealed, payloads encrypted',
  ].join(' · ');
}
