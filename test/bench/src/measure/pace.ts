/** Doing something many times within a limit of time. */

/** Until when samples are taken. */
export interface Deadline {
  readonly expired: () => boolean;
}

export function within(seconds: number): Deadline {
  const end = performance.now() + seconds * 1_000;
  return { expired: () => performance.now() >= end };
}

/** How long something takes, in milliseconds. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

/** Does something one after another: at least once, at most `count` times, as time allows. */
export async function sequentially<T>(
  count: number,
  deadline: Deadline,
  work: (index: number) => Promise<T>,
): Promise<T[]> {
  const results: T[] = [];
  do results.push(await work(results.length));
  while (results.length < count && !deadline.expired());
  return results;
}

/** Like {@link sequentially}, with up to `width` of them under way; returns how many it did. */
export async function inFlight(
  width: number,
  count: number,
  deadline: Deadline,
  work: (index: number) => Promise<unknown>,
): Promise<number> {
  let next = 0;
  const line = async (): Promise<void> => {
    do await work(next++);
    while (next < count && !deadline.expired());
  };
  await Promise.all(Array.from({ length: Math.min(width, count) }, line));
  return next;
}
