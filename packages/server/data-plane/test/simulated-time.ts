/** Time that passes when a test lets it: for models whose lives take hours. */
import { vi } from 'vitest';

/** Lets simulated time pass until a promise settles. */
export async function settled<T>(promise: Promise<T>): Promise<T> {
  let done = false;
  const noted = promise.finally(() => (done = true));
  // It may reject while time passes, before anybody waits for it.
  noted.catch(() => {});
  while (!done) await vi.advanceTimersByTimeAsync(1);
  return noted;
}
