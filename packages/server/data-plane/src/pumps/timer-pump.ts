/**
 * Wakes runs whose deadline has come. One sleep for the earliest deadline of all, one range read
 * when it ends: a parked run costs nothing here until then.
 */
import type { Clock, Logger } from '@perdure/common';
import type { ExecutionStore, WorkflowKey } from '@perdure/ports';

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

export interface TimerPumpParts {
  readonly store: ExecutionStore;
  readonly clock: Clock;
  readonly log: Logger;
  /** Fires what is due in a run and looks after its tasks. */
  wake(key: WorkflowKey): Promise<void>;
}

export class TimerPump {
  readonly #parts: TimerPumpParts;
  readonly #waking = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  #recovery: NodeJS.Timeout | undefined;
  #sleepsUntil = Number.POSITIVE_INFINITY;
  /** Earliest deadline armed while a read was under way, which may have missed it. */
  #armedMeanwhile = Number.POSITIVE_INFINITY;
  #running = false;
  #stopped = true;

  constructor(parts: TimerPumpParts) {
    this.#parts = parts;
  }

  start(): void {
    this.#stopped = false;
    this.#sleep(0);
    this.#recovery = setTimeout(() => void this.#recover(), RECOVERY_GRACE_MS);
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#recovery);
  }

  /** A run has armed this deadline. */
  moved(wakeAt: number): void {
    if (wakeAt <= 0) return;
    if (this.#running) this.#armedMeanwhile = Math.min(this.#armedMeanwhile, wakeAt);
    else if (wakeAt < this.#sleepsUntil) this.#sleep(wakeAt - this.#parts.clock.now());
  }

  #sleep(ms: number): void {
    if (this.#stopped || this.#running) return;
    clearTimeout(this.#timer);
    const bounded = Math.min(Math.max(ms, SHORTEST_SLEEP_MS), LONGEST_SLEEP_MS);
    this.#sleepsUntil = this.#parts.clock.now() + bounded;
    this.#timer = setTimeout(() => void this.#run(), bounded);
  }

  async #run(): Promise<void> {
    const { store, clock, log } = this.#parts;
    this.#running = true;
    this.#armedMeanwhile = Number.POSITIVE_INFINITY;
    let next = LONGEST_SLEEP_MS;
    try {
      // One time for both reads: what falls due between them is the first of the second.
      const now = clock.now();
      const due = await store.dueRuns(now, PAGE);
      for (const run of due) this.#wake(run);
      const nextAt = await store.nextWakeAt(now);
      if (nextAt !== undefined) next = nextAt - clock.now();
      if (due.length === PAGE) next = SHORTEST_SLEEP_MS;
    } catch (error) {
      log.warn('could not read due timers; trying again', { error: String(error) });
      next = 1_000;
    }
    this.#running = false;
    this.#sleep(Math.min(next, this.#armedMeanwhile - clock.now()));
  }

  /**
   * After a start, tasks may have been lost between this server's predecessor and its workers: their
   * runs are looked at once the workers had time to come back.
   */
  async #recover(): Promise<void> {
    const { store, clock, log } = this.#parts;
    try {
      const near = await store.dueRuns(clock.now() + RECOVERY_HORIZON_MS, RECOVERY_PAGE);
      for (const run of near) this.#wake(run);
    } catch (error) {
      log.warn('could not look for lost tasks; trying again', { error: String(error) });
      if (!this.#stopped) this.#recovery = setTimeout(() => void this.#recover(), 1_000);
    }
  }

  #wake(key: WorkflowKey): void {
    const name = `${key.namespaceId}/${key.workflowId}`;
    if (this.#waking.has(name)) return;
    this.#waking.add(name);
    this.#parts
      .wake(key)
      .catch((error: unknown) => {
        this.#parts.log.warn('could not wake a run; trying again', { error: String(error) });
        this.moved(this.#parts.clock.now() + 1_000);
      })
      .finally(() => this.#waking.delete(name));
  }
}
