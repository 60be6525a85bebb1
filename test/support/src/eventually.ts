/** Waiting for something that happens by itself: never for a fixed time, never for ever. */
import { setTimeout as sleep } from 'node:timers/promises';

const POLL_MS = 20;

/**
 * Runs a check until it does not throw.
 *
 * @param withinMs when to give up. Default 20 seconds: a bound for a busy machine, not an expectation
 * @returns what the check returned
 * @throws what the check threw last
 */
export async function eventually<T>(check: () => T | Promise<T>, withinMs = 20_000): Promise<T> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (performance.now() > deadline) throw error;
    }
    await sleep(POLL_MS);
  }
}

/** What a promise rejects with. Throws when it resolves. */
export async function rejectionOf(promise: Promise<unknown>): Promise<Error> {
  let value: unknown;
  try {
    value = await promise;
  } catch (error) {
    if (error instanceof Error) return error;
    throw new Error(`wanted an Error to be thrown; got ${String(error)}`, { cause: error });
  }
  throw new Error(`wanted a rejection; got ${JSON.stringify(value)}`);
}
