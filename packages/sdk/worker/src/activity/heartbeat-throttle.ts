/**
 * Sends an attempt's heartbeats as often as needed: the first at once, then at most every 0.8 times
 * the heartbeat timeout (semantics 68).
 */
export class HeartbeatThrottle {
  readonly #intervalMs: number;
  readonly #send: (details: unknown) => void;
  #timer: NodeJS.Timeout | undefined;
  #waiting: { readonly details: unknown } | undefined;
  #stopped = false;

  constructor(intervalMs: number, send: (details: unknown) => void) {
    this.#intervalMs = intervalMs;
    this.#send = send;
  }

  /** Takes a heartbeat; of several within the interval the last is sent. */
  record(details: unknown): void {
    if (this.#stopped) return;
    this.#waiting = { details };
    if (this.#timer === undefined) this.#flush();
  }

  /** Sends what still waits: the next attempt is to find it. */
  flush(): void {
    const { details } = this.#waiting ?? {};
    if (this.#waiting) this.#send(details);
    this.#waiting = undefined;
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  #flush(): void {
    this.#timer = undefined;
    if (!this.#waiting || this.#stopped) return;
    this.flush();
    this.#timer = setTimeout(() => this.#flush(), this.#intervalMs);
    this.#timer.unref();
  }
}

/** Time between two heartbeats sent, in milliseconds. */
export function heartbeatInterval(
  heartbeatTimeoutMs: number | undefined,
  limits: { readonly maxHeartbeatThrottleMs: number; readonly defaultHeartbeatThrottleMs: number },
): number {
  const wanted = heartbeatTimeoutMs ? heartbeatTimeoutMs * 0.8 : limits.defaultHeartbeatThrottleMs;
  return Math.min(wanted, limits.maxHeartbeatThrottleMs);
}
