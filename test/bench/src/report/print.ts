/** The report for people, and the one for programs. */
import type { BenchRun } from '../run-bench.ts';
import type { FloorPair } from '../measure/floors.ts';
import type { BenchReport, Floors, Results, WorkloadId } from '../results.ts';
import { workloads } from '../workloads/all.ts';
import { type Row, show, threeDigits } from './row.ts';

/** A table: figures, the floors they are compared with, and whether they are where they have to be. */
export function formatTable({ report, about, floors, allFloors, notes }: BenchRun): string {
  const lines = [about, ...formatFloors(floors, allFloors), ''];
  for (const id of Object.keys(report.results) as WorkloadId[]) {
    lines.push(`${id}  ${workloads[id].title}`);
    lines.push(...rowsOf(id, report.results, floors));
    for (const note of notes.get(id) ?? []) lines.push(`      · ${note}`);
  }
  return `${lines.join('\n')}\n`;
}

/** One line of JSON, the figures as the table shows them. */
export function formatJson(report: BenchReport): string {
  const round = (_key: string, value: unknown): unknown =>
    typeof value === 'number' ? threeDigits(value) : value;
  return `${JSON.stringify(report, round)}\n`;
}

function rowsOf<Id extends WorkloadId>(
  id: Id,
  results: Partial<Results>,
  { tight, rested }: FloorPair,
): string[] {
  const result = results[id];
  if (result === undefined) return [];
  const { judge } = workloads[id];
  const atRest = judge(result, rested);
  return judge(result, tight).map((row, index) => formatRow(row, atRest[index]?.ratio?.times));
}

function formatRow({ what, figure, ratio, gate, met }: Row, restedTimes?: number): string {
  const mark = met === undefined ? ' ' : met ? '✓' : '✗';
  const cells = [what.padEnd(24), figure.trim().padEnd(12), gate ?? ''];
  if (ratio) {
    const { times, formula, ms } = ratio;
    cells.push(`it is ${show(times)} × ${formula} = ${show(ms)} ms`);
    if (restedTimes !== undefined) cells.push(`${show(restedTimes)} × of rested floors`);
  }
  return `  ${mark}   ${cells.join('  ').trimEnd()}`;
}

function formatFloors({ tight, rested }: FloorPair, all: readonly FloorPair[]): string[] {
  const line = (name: string, { commitMs, wsMs }: Floors, each: readonly Floors[]): string =>
    `${name} commit of one row ${show(commitMs)} ms ${spread(each.map((f) => f.commitMs))}, ` +
    `WebSocket echo ${show(wsMs)} ms ${spread(each.map((f) => f.wsMs))}`;
  return [
    line(
      'Floors:       ',
      tight,
      all.map((pair) => pair.tight),
    ) + `, ${all.length} measurements`,
    line(
      '  after a rest:',
      rested,
      all.map((pair) => pair.rested),
    ),
  ];
}

function spread(values: readonly number[]): string {
  return `(${show(Math.min(...values))} to ${show(Math.max(...values))})`;
}
