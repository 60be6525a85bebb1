/**
 * Lets the server have credits for activities only as fast as they may begin: no more than so many a
 * second, and a tenth of that (at least one) beside, for those that have waited for nothing.
 */
const BURST_SECONDS = 0.1;

export interface CreditRateParts {
  readonly perSecond: number;
  /** Gives credits to the server. */
  grant(credits: number): void;
  /** Whether it can be given any now; when it can again, call {@link CreditRate.pump}. */
  mayGrant(): boolean;
  /** Milliseconds; only differences count. */
  now(): number;
}

export class CreditRate {
  readonly #parts: CreditRateParts;
  readonly #most: number;
  /** How many activities may begin at present. */
  #tokens: number;
  #refilledAt: number;
  /** Slots that are free, and that the server may not fill yet. */
  #waiting = 0;
  /** Credits that the server holds. */
  #held = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(parts: CreditRateParts) {
    this.#parts = parts;
    this.#most = Math.max(1, parts.perSecond * BURST_SECONDS);
    this.#tokens = this.#most;
    this.#refilledAt = parts.now();
  }

  /** A slot is free. */
  offer(): void {
    this.#waiting += 1;
    this.pump();
  }

  /** An activity has begun, on one of the server's credits. */
  spent(): void {
    this.#refill();
    this.#held = Math.max(0, this.#held - 1);
    this.#tokens -= 1;
    this.pump();
  }

  /**
   * The server knows of no credits any more.
   *
   * @returns how many it may have at once
   */
  restart(freeSlots: number): number {
    this.#refill();
    this.#held = Math.max(0, Math.min(freeSlots, Math.floor(this.#tokens)));
    this.#waiting = freeSlots - this.#held;
    return this.#held;
  }

  /** Grants what may be granted. */
  pump(): void {
    if (!this.#parts.mayGrant()) return;
    this.#refill();
    const credits = Math.min(this.#waiting, Math.floor(this.#tokens) - this.#held);
    if (credits > 0) {
      this.#waiting -= credits;
      this.#held += credits;
      this.#parts.grant(credits);
    }
    if (this.#waiting > 0 && this.#tokens < this.#most) this.#pumpLater();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** When there will be one more. */
  #pumpLater(): void {
    if (this.#timer !== undefined) return;
    const missing = Math.floor(this.#tokens) + 1 - this.#tokens;
    const waitMs = Math.ceil((missing / this.#parts.perSecond) * 1_000);
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.pump();
    }, waitMs);
    this.#timer.unref();
  }

  #refill(): void {
    const now = this.#parts.now();
    const more = ((now - this.#refilledAt) / 1_000) * this.#parts.perSecond;
    this.#tokens = Math.min(this.#most, this.#tokens + more);
    this.#refilledAt = now;
  }
}
