/**
 * Wakes runs whose deadline has come. One sleep for the earliest deadline of all, one range read
 * when it ends: a parked run costs nothing here until then.
 */
import type { Clock, Logger } from '@perdure/common';
import type { DueRun, ExecutionStore, Timers } from '@perdure/ports';

/** Runs woken by one read. */
const PAGE = 500;
/** Longest sleep: other servers arm deadlines too. */
const LONGEST_SLEEP_MS = 10_000;
/** Shortest sleep: deadlines this close together share a read. */
const SHORTEST_SLEEP_MS = 5;
/** How far ahead runs are inspected after a start: started tasks are always armed this near. */
const RECOVERY_HORIZON_MS = 65_000;
/** How long workers get to come back before their tasks count as lost. */
const RECOVERY_GRACE_MS = 2_100;
/** Most runs inspected after a start. */
const RECOVERY_PAGE = 100_000;
/** Wait before trying again what failed, and before waking a run again that is still due. */
const RETRY_MS = 1_000;
/** Most runs that are being woken, or have just been. */
const MAX_WOKEN = 5_000;
/** Wait while there are that many. */
const BUSY_SLEEP_MS = 50;

export interface TimerPumpParts {
  readonly store: ExecutionStore;
  readonly clock: Clock;
  readonly log: Logger;
  /** Rings by `clock`. Default: the machine's. */
  readonly timers?: Timers;
  /** Fires what is due in a run and looks after its tasks. */
  wake(run: DueRun): Promise<void>;
}

const machineTimers: Timers = {
  set(ms, ring) {
    const timer = setTimeout(ring, ms);
    return () => clearTimeout(timer);
  },
};

/** A run that is being woken, or has just been. */
interface Woken {
  /** The deadline it was woken for: another one is a reason to wake it again. */
  readonly wakeAt: number;
  /** Not again before this time, by a clock that only runs forward. */
  restsUntil: number;
}

export class TimerPump {
  readonly #parts: TimerPumpParts;
  readonly #timers: Timers;
  readonly #woken = new Map<string, Woken>();
  #stopSleeping: () => void = () => {};
  #recovery: NodeJS.Timeout | undefined;
  #sleepsUntil = Number.POSITIVE_INFINITY;
  /** Earliest deadline armed while a read was under way, which may have missed it. */
  #armedMeanwhile = Number.POSITIVE_INFINITY;
  #running = false;
  #stopped = true;

  constructor(parts: TimerPumpParts) {
    this.#parts = parts;
    this.#timers = parts.timers ?? machineTimers;
  }

  start(): void {
    this.#stopped = false;
    this.#sleep(0);
    this.#recovery = setTimeout(() => void this.#recover(), RECOVERY_GRACE_MS);
  }

  stop(): void {
    this.#stopped = true;
    this.#stopSleeping();
    clearTimeout(this.#recovery);
  }

  /** A run has armed this deadline. */
  moved(wakeAt: number): void {
    if (wakeAt <= 0) return;
    if (this.#running) this.#armedMeanwhile = Math.min(this.#armedMeanwhile, wakeAt);
    else if (wakeAt < this.#sleepsUntil || this.#overslept) this.#sleep(this.#until(wakeAt));
  }

  /** The clock was put forward while we slept: when we wake says nothing any more. */
  get #overslept(): boolean {
    return this.#sleepsUntil < this.#parts.clock.now() - LONGEST_SLEEP_MS;
  }

  #until(time: number): number {
    return time - this.#parts.clock.now();
  }

  #sleep(ms: number): void {
    if (this.#stopped || this.#running) return;
    this.#stopSleeping();
    const bounded = Math.min(Math.max(ms, SHORTEST_SLEEP_MS), LONGEST_SLEEP_MS);
    this.#sleepsUntil = this.#parts.clock.now() + bounded;
    this.#stopSleeping = this.#timers.set(bounded, () => void this.#run());
  }

  async #run(): Promise<void> {
    this.#running = true;
    this.#armedMeanwhile = Number.POSITIVE_INFINITY;
    let next: number;
    try {
      next = await this.#wakeDue();
    } catch (error) {
      this.#parts.log.warn('could not read due timers; trying again', { error: String(error) });
      next = RETRY_MS;
    }
    this.#running = false;
    this.#sleep(Math.min(next, this.#until(this.#armedMeanwhile)));
  }

  /** @returns how long to sleep */
  async #wakeDue(): Promise<number> {
    const { store, clock } = this.#parts;
    this.#forgetRested();
    if (this.#woken.size >= MAX_WOKEN) return BUSY_SLEEP_MS;
    // One time for both reads: what falls due between them is the first of the second.
    const now = clock.now();
    // Runs that stay due although they were woken must not hide those behind them.
    const limit = PAGE + this.#woken.size;
    const due = await store.dueRuns(now, limit);
    for (const run of due) void this.#wake(run);
    if (due.length === limit) return SHORTEST_SLEEP_MS;
    const nextAt = await store.nextWakeAt(now);
    return nextAt === undefined ? LONGEST_SLEEP_MS : this.#until(nextAt);
  }

  /**
   * After a start, tasks may have been lost between this server's predecessor and its workers: their
   * runs are looked at once the workers had time to come back. Page by page, so that whoever calls
   * meanwhile does not wait for all of them.
   */
  async #recover(): Promise<void> {
    const { store, clock, log } = this.#parts;
    try {
      const near = await store.dueRuns(clock.now() + RECOVERY_HORIZON_MS, RECOVERY_PAGE);
      for (let i = 0; i < near.length && !this.#stopped; i += PAGE) {
        await Promise.all(near.slice(i, i + PAGE).map((run) => this.#tryWake(run)));
      }
    } catch (error) {
      log.warn('could not look for lost tasks; trying again', { error: String(error) });
      if (!this.#stopped) this.#recovery = setTimeout(() => void this.#recover(), RETRY_MS);
    }
  }

  async #wake(run: DueRun): Promise<void> {
    const { wakeAt } = run;
    const name = `${run.namespaceId}/${run.workflowId}`;
    if (this.#woken.get(name)?.wakeAt === wakeAt) return;
    const woken = { wakeAt, restsUntil: Number.POSITIVE_INFINITY };
    this.#woken.set(name, woken);
    await this.#tryWake(run);
    woken.restsUntil = performance.now() + RETRY_MS;
  }

  /** Never rejects. */
  async #tryWake(run: DueRun): Promise<void> {
    try {
      await this.#parts.wake(run);
    } catch (error) {
      const { namespaceId, workflowId } = run;
      const facts = { namespaceId, workflowId, error: String(error) };
      this.#parts.log.warn('could not wake a run; trying again', facts);
      this.moved(this.#parts.clock.now() + RETRY_MS);
    }
  }

  #forgetRested(): void {
    const now = performance.now();
    for (const [name, { restsUntil }] of this.#woken) {
      if (restsUntil <= now) this.#woken.delete(name);
    }
  }
}
