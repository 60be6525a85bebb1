/** What commands print on stdout: a table or facts for people, JSON for programs. */
import { type Paint, paintFor } from './style.ts';

/** Values of `-o, --output`. */
export const outputs = ['text', 'json'] as const;
export type Output = (typeof outputs)[number];

/** Prints a value as one JSON document, or as `text` says. */
export function print(output: Output | undefined, value: unknown, text: () => string): void {
  const shown = output === 'json' ? JSON.stringify(value, null, 2) : text();
  process.stdout.write(`${shown}\n`);
}

/** Rows under a header, columns as wide as their longest cell. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const paint = paintFor(process.stdout);
  const widths = header.map((name, column) =>
    Math.max(name.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd();
  return [paint('dim', line(header)), ...rows.map(line)].join('\n');
}

/** Names and values, one pair a line; pairs without a value are left out. */
export function facts(
  pairs: Readonly<Record<string, string | undefined>>,
  paint: Paint = paintFor(process.stdout),
): string {
  const shown = Object.entries(pairs).filter(([, value]) => value !== undefined);
  const width = Math.max(...shown.map(([name]) => name.length));
  return shown.map(([name, value]) => `${paint('dim', name.padEnd(width))}  ${value}`).join('\n');
}

/** A time as people write it, in UTC. */
export function showTime(time: number | Date | undefined): string | undefined {
  return time === undefined ? undefined : new Date(time).toISOString().replace('T', ' ');
}
