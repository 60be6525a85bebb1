import { PerdureServiceError } from '@perdure/common';
import { setTimeout as sleep } from 'node:timers/promises';
import { reconnectDelay } from './reconnect-delay.ts';

/**
 * Makes a call again, with growing pauses, while the server refuses it with an error that passes by
 * itself (its database restarts, it shuts down). Safe for writes: each carries its request id.
 *
 * @param patienceMs counted from now; a refusal after that is thrown
 */
export function repeatWhileUnavailable<T>(call: () => Promise<T>, patienceMs: number): Promise<T> {
  const until = performance.now() + patienceMs;
  return call().catch(async (refusal: unknown) => {
    for (let failures = 0, error = refusal; ; failures++) {
      if (!passes(error) || performance.now() >= until) throw error;
      await sleep(reconnectDelay(failures));
      try {
        return await call();
      } catch (next) {
        error = next;
      }
    }
  });
}

function passes(error: unknown): boolean {
  return error instanceof PerdureServiceError && error.fields.retryable === true;
}
