/** The report for people, and the one for programs. */
import type { BenchRun } from '../run-bench.ts';
import type { BenchReport, Floors, WorkloadId } from '../results.ts';
import { workloads } from '../workloads/all.ts';
import { type Row, show, threeDigits } from './row.ts';

/** A table: figures, the floors they are compared with, and whether they are where they have to be. */
export function formatTable({ report, about, allFloors, notes }: BenchRun): string {
  const lines = [about, formatFloors(report.floors, allFloors), ''];
  for (const id of Object.keys(report.results) as WorkloadId[]) {
    lines.push(`${id}  ${workloads[id].title}`);
    for (const row of judge(id, report)) lines.push(formatRow(row));
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

function judge<Id extends WorkloadId>(id: Id, { results, floors }: BenchReport): Row[] {
  const result = results[id];
  return result === undefined ? [] : workloads[id].judge(result, floors);
}

function formatRow({ what, figure, ratio, gate, met }: Row): string {
  const mark = met === undefined ? ' ' : met ? '✓' : '✗';
  const cells = [what.padEnd(24), figure.trim().padEnd(14), (ratio ?? '').padEnd(42), gate ?? ''];
  return `  ${mark}   ${cells.join('  ').trimEnd()}`;
}

function formatFloors({ commitMs, wsMs }: Floors, all: readonly Floors[]): string {
  const spread = (values: number[]): string =>
    `(${show(Math.min(...values))} to ${show(Math.max(...values))})`;
  return (
    `Floors: commit of one row ${show(commitMs)} ms ${spread(all.map((f) => f.commitMs))}, ` +
    `WebSocket echo ${show(wsMs)} ms ${spread(all.map((f) => f.wsMs))}; ` +
    `median of ${all.length} measurements`
  );
}
