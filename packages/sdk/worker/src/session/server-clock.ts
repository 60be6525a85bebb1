/**
 * The server's clock as seen from here. Used for the workflow time of a fused step, which the
 * server checks against its own. Sent times arrive late, never early, so the largest offset seen
 * lately is the best one.
 */
const FORGET_AFTER_MS = 60_000;

export class ServerClock {
  #offset = Number.NEGATIVE_INFINITY;
  #observedAt = 0;

  /** Takes in a time that the server has just sent. */
  observe(serverTimeMs: number): void {
    const now = Date.now();
    const offset = serverTimeMs - now;
    const old = now - this.#observedAt > FORGET_AFTER_MS;
    if (!old && offset <= this.#offset) return;
    this.#offset = offset;
    this.#observedAt = now;
  }

  /** Milliseconds since the Unix epoch, at most a network delay behind the server. */
  now(): number {
    return Date.now() + (Number.isFinite(this.#offset) ? this.#offset : 0);
  }
}
