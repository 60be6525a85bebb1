/** Longest wait that one timer of the runtime can hold, in milliseconds: 24.8 days. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/**
 * Waits for any length of time, or rejects with the signal's reason. Leaves nothing behind on the
 * signal, so that an activity may sleep any number of times.
 */
export async function sleepUnlessAborted(ms: number, signal: AbortSignal): Promise<void> {
  for (let left = Math.max(0, ms); ; left -= MAX_TIMER_MS) {
    await oneTimer(Math.min(left, MAX_TIMER_MS), signal);
    if (left <= MAX_TIMER_MS) return;
  }
}

function oneTimer(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(signal.reason);
      return;
    }
    const onAbort = (): void => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', onAbort);
      resolve();
    }, ms);
    signal.addEventListener('abort', onAbort, { once: true });
  });
}
