/** Lines of the report: a figure, what it is compared with, and whether it is where it has to be. */

export interface Row {
  readonly what: string;
  readonly figure: string;
  /** As a multiple of what the machine can do. */
  readonly ratio?: Ratio;
  /** What is wanted. */
  readonly gate?: string;
  readonly met?: boolean;
}

interface Ratio {
  readonly times: number;
  readonly formula: string;
  /** What the formula gives, in milliseconds. */
  readonly ms: number;
}

/**
 * A figure that may be at most `limit`, judged as it is shown.
 *
 * @param noise share of the limit by which the way of measuring may be wrong
 */
export function atMost(what: string, value: number, unit: string, limit: number, noise = 0): Row {
  const allowed = noise > 0 ? ` (± ${noise * 100} %)` : '';
  return {
    what,
    figure: `${show(value)} ${unit}`,
    gate: `≤ ${show(limit)} ${unit}${allowed}`,
    met: threeDigits(value) <= limit * (1 + noise),
  };
}

/** A time that may be at most `limit` times the floor that `formula` gives. */
export function timesFloor(
  what: string,
  ms: number,
  floor: { readonly formula: string; readonly ms: number },
  limit: number,
): Row {
  const times = ms / floor.ms;
  return {
    what,
    figure: `${show(ms)} ms`,
    ratio: { times, ...floor },
    gate: `≤ ${show(limit)} ×`,
    met: threeDigits(times) <= limit,
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
