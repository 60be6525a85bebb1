/** Lines of the report: a figure, what it is compared with, and whether it is where it has to be. */

export interface Row {
  readonly what: string;
  readonly figure: string;
  /** As a multiple of what the machine can do. */
  readonly ratio?: string;
  /** What is wanted. */
  readonly gate?: string;
  readonly met?: boolean;
}

/** A figure that may be at most `limit`, judged as it is shown. */
export function atMost(what: string, value: number, unit: string, limit: number): Row {
  const figure = `${show(value)} ${unit}`;
  return { what, figure, gate: `≤ ${show(limit)} ${unit}`, met: threeDigits(value) <= limit };
}

/** A time that may be at most `limit` times the floor that `formula` gives. */
export function timesFloor(
  what: string,
  ms: number,
  floor: { readonly formula: string; readonly ms: number },
  limit: number,
): Row {
  const ratio = ms / floor.ms;
  return {
    what,
    figure: `${show(ms)} ms`,
    ratio: `${show(ratio)} × ${floor.formula} (${show(floor.ms)} ms)`,
    gate: `≤ ${show(limit)} ×`,
    met: threeDigits(ratio) <= limit,
  };
}

/** More digits than three, or than those before the point, would be noise. */
export function threeDigits(value: number): number {
  return Math.abs(value) >= 100 ? Math.round(value) : Number(value.toPrecision(3));
}

/** With {@link threeDigits}. */
export function show(value: number): string {
  const rounded = threeDigits(value);
  return Number.isInteger(value) || Math.abs(rounded) >= 100
    ? String(rounded)
    : value.toPrecision(3);
}
