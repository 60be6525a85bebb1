/**
 * Values that are there at once unless user codecs are configured: the hot path must not pay for a
 * promise it does not need.
 */

/** A value, now or later. */
export type MaybePromise<T> = T | Promise<T>;

/** Applies `next` to a value, at once if the value is there. */
export function andThen<T, R>(
  value: MaybePromise<T>,
  next: (value: T) => MaybePromise<R>,
): MaybePromise<R> {
  return value instanceof Promise ? value.then(next) : next(value);
}

/** Applies `combine` to several values, at once if all are there. */
export function combineAll<const T extends readonly unknown[], R>(
  values: T,
  combine: (values: { -readonly [K in keyof T]: Awaited<T[K]> }) => R,
): MaybePromise<R> {
  if (values.some((value) => value instanceof Promise)) {
    return Promise.all(values).then((all) => combine(all as never));
  }
  return combine(values as never);
}

/** Several values as one list, at once if all are there. */
export function whenAll<T>(values: readonly MaybePromise<T>[]): MaybePromise<T[]> {
  if (values.some((value) => value instanceof Promise)) return Promise.all(values);
  return values as T[];
}
