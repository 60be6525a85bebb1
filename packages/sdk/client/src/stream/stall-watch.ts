/**
 * Notices that this process has stood still: frozen, swapped out, or busy with one long piece of
 * code. The server may have given it up meanwhile, and what it was sent waits unread all the same.
 *
 * Goes by two clocks, of which each misses something: the monotonic one stops while the machine
 * sleeps, the other may be set back. One that is set forward counts as a standstill; that costs a
 * question to the server and no more.
 */
import { PING_INTERVAL_MS } from '@perdure/protocol';

/** Shortest standstill that counts, in milliseconds: well below what the server allows. */
const STALL_MS = PING_INTERVAL_MS / 2;

export class StallWatch {
  #monotonic = performance.now();
  #wall = Date.now();
  #stalls = 0;

  /** To be called often, compared to {@link STALL_MS}, by a timer. */
  tick(): void {
    const [monotonic, wall] = [performance.now(), Date.now()];
    const gap = Math.max(monotonic - this.#monotonic, wall - this.#wall);
    if (gap >= STALL_MS) this.#stalls += 1;
    this.#monotonic = monotonic;
    this.#wall = wall;
  }

  /** Standstills so far; one that is noticed now, before the timer could, is counted. */
  get stalls(): number {
    if (performance.now() - this.#monotonic >= STALL_MS || Date.now() - this.#wall >= STALL_MS) {
      this.tick();
    }
    return this.#stalls;
  }
}
