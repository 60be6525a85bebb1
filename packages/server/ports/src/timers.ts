/** Waiting, as a port: with a clock that jumps, a wait must end when its time comes, not later. */

/** Calls back after a while, by whichever clock belongs to it. */
export interface Timers {
  /**
   * Calls `ring` once, in a later turn, when `ms` milliseconds have passed.
   *
   * @returns calls it off; does nothing once it has rung
   */
  set(ms: number, ring: () => void): () => void;
}
