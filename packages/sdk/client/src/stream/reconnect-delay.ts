/** First wait after a break, in milliseconds. */
const FIRST_MS = 20;
/**
 * Longest wait, in milliseconds: below the time that a server which has just started gives workers
 * to come back before their tasks count as lost (2 s).
 */
const LONGEST_MS = 1_000;

/** Wait before a reconnect: doubling, up to 1 s, with jitter so that workers do not come at once. */
export function reconnectDelay(failures: number): number {
  const ceiling = Math.min(FIRST_MS * 2 ** Math.min(failures, 20), LONGEST_MS);
  return ceiling / 2 + Math.random() * (ceiling / 2);
}
