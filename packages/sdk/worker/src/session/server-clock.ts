/**
 * The server's clock as seen from here. Used for the workflow time of a fused step, which the
 * server checks against its own. Sent times arrive late, never early, so the largest offset seen
 * lately is the best one. Goes by the monotonic clock: setting this machine's time changes nothing.
 */
const FORGET_AFTER_MS = 60_000;

export class ServerClock {
  #offset: number | undefined;
  #observedAt = 0;

  /** Takes in a time that the server has just sent. */
  observe(serverTimeMs: number): void {
    const now = performance.now();
    const offset = serverTimeMs - now;
    const old = now - this.#observedAt > FORGET_AFTER_MS;
    if (this.#offset !== undefined && !old && offset <= this.#offset) return;
    this.#offset = offset;
    this.#observedAt = now;
  }

  /** Whole milliseconds since the Unix epoch, at most a network delay behind the server. */
  now(): number {
    return this.#offset === undefined ? Date.now() : Math.floor(performance.now() + this.#offset);
  }
}
