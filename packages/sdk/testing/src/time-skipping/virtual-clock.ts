/**
 * The clock of a time-skipping environment. It runs like the machine's, never back, and can be put
 * forward; what was to ring in the time left out rings at once.
 */
import type { Clock } from '@perdure/common';
import type { Timers } from '@perdure/ports';

/** Longest wait that one timer of the runtime can hold, in milliseconds. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

interface Alarm {
  readonly at: number;
  readonly ring: () => void;
  disarm: () => void;
}

/** Shows the machine's time until it is put forward. */
export class VirtualClock implements Clock, Timers {
  readonly #alarms = new Set<Alarm>();
  /** What is to be added to the runtime's monotonic clock. */
  #offset = Date.now() - performance.now();

  now(): number {
    return Math.floor(performance.now() + this.#offset);
  }

  set(ms: number, ring: () => void): () => void {
    const alarm: Alarm = { at: this.now() + ms, ring, disarm: () => {} };
    this.#alarms.add(alarm);
    this.#arm(alarm);
    return () => this.#drop(alarm);
  }

  /** Puts the clock forward; does nothing for a time that has passed. */
  jumpTo(time: number): void {
    const left = time - this.now();
    if (left <= 0) return;
    this.#offset += left;
    for (const alarm of this.#alarms) this.#arm(alarm);
  }

  /** Nothing rings any more. */
  close(): void {
    for (const alarm of this.#alarms) this.#drop(alarm);
  }

  #arm(alarm: Alarm): void {
    alarm.disarm();
    const left = alarm.at - this.now();
    if (left > 0) {
      const timer = setTimeout(() => this.#arm(alarm), Math.min(left, LONGEST_TIMER_MS));
      alarm.disarm = () => clearTimeout(timer);
    } else {
      const soon = setImmediate(() => {
        this.#drop(alarm);
        alarm.ring();
      });
      alarm.disarm = () => clearImmediate(soon);
    }
  }

  #drop(alarm: Alarm): void {
    alarm.disarm();
    this.#alarms.delete(alarm);
  }
}
