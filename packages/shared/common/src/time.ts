import ms, { type StringValue } from 'ms';
import { ValueError } from './errors.ts';

/** A length of time: milliseconds, or text as the `ms` library reads it (`'30 days'`, `'1m'`). */
export type Duration = StringValue | number;

/** Where the outer layers take the present from; the engine gets it as an argument instead. */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number;
}

/**
 * Milliseconds of a duration.
 *
 * @throws ValueError when the text is not a duration or the number is not finite
 */
export function msToNumber(duration: Duration): number {
  const value = typeof duration === 'number' ? duration : ms(duration);
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  throw new ValueError(
    `wanted a duration, a number of milliseconds or text such as '5s' or '30 days'; got ${JSON.stringify(duration)}`,
  );
}

/** {@link msToNumber}, letting `undefined` through. */
export function msOptionalToNumber(duration: Duration | undefined | null): number | undefined {
  return duration === undefined || duration === null ? undefined : msToNumber(duration);
}
