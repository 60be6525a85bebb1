/**
 * Decides when time is left out: while somebody waits for it to pass (a client for a result, a test
 * in `sleep`) and nothing is going on that takes real time. Then the clock jumps to whatever is due
 * next. In all other cases time passes as it does for everybody.
 *
 * What is going on: a workflow task or an activity that runs, or that will as soon as a worker takes
 * it, and what the platform is about to do. So no deadline passes because others were asleep.
 *
 * A workflow task that has failed is going on too while it is tried again: time stands still for a
 * workflow whose result is wanted, however often it fails. What is left of another test and fails
 * for ever holds up nobody for longer than a few attempts.
 */
import { IllegalStateError } from '@perdure/common';
import type { StoredExecution } from '@perdure/ports';
import { type PendingWork, pendingWorkOf } from './pending-work.ts';
import type { VirtualClock } from './virtual-clock.ts';

/**
 * How long a waiting task may be about to be taken: after a second there is no worker for it, and
 * its deadlines are to come. Counted in rounds, of which a process that stands still misses all but
 * one: the worker stood still with it.
 */
const TAKEN_WITHIN_ROUNDS = 10;
const ROUND_MS = 100;
/** How long a failing workflow task is about to succeed, likewise: its fourth attempt has begun. */
const RETRIED_WITHIN_ROUNDS = 40;

interface Sleeper {
  readonly until: number;
  /** The attempt of an activity that sleeps, if one does. */
  readonly attempt: string | undefined;
  readonly wake: () => void;
  readonly fail: (error: Error) => void;
}

/** What all runs are doing together. */
interface Situation {
  /** Workflows have dealt with all that was due. */
  readonly settled: boolean;
  /** Something takes real time. */
  readonly busy: boolean;
  readonly nextDueAt: number;
  /** Tasks wait that are about to be taken. */
  readonly someAreFresh: boolean;
}

export class TimeKeeper {
  readonly #clock: VirtualClock;
  readonly #runs = new Map<string, PendingWork>();
  /** The round in which each task that waits, or is tried again, began to. */
  readonly #waitingSince = new Map<string, number>();
  readonly #sleepers = new Set<Sleeper>();
  /** Workflow ids, once for each client that waits for a result. */
  readonly #awaited: string[] = [];
  #looking: NodeJS.Immediate | undefined;
  #round = 0;
  #nextRound: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(clock: VirtualClock) {
    this.#clock = clock;
  }

  /** A run has been written. */
  written(execution: StoredExecution): void {
    const { runId } = execution;
    const before = this.#runs.get(runId);
    const work = pendingWorkOf(execution);
    if (work) this.#runs.set(runId, work);
    else this.#runs.delete(runId);
    const waiting = new Set(work && waitingTasksOf(work));
    for (const task of before ? waitingTasksOf(before) : []) {
      if (!waiting.has(task)) this.#waitingSince.delete(task);
    }
    for (const task of waiting) {
      if (!this.#waitingSince.has(task)) this.#waitingSince.set(task, this.#round);
    }
    this.#lookSoon();
  }

  /** Time may be left out until the result of a workflow has come, or is no longer waited for. */
  async whileAwaited<T>(workflowId: string, result: Promise<T>): Promise<T> {
    this.#awaited.push(workflowId);
    this.#lookSoon();
    try {
      return await result;
    } finally {
      this.#awaited.splice(this.#awaited.indexOf(workflowId), 1);
    }
  }

  /**
   * Resolves when that much time has passed and the workflows have dealt with what was due by then.
   *
   * @param attempt name of the attempt of an activity that sleeps: it takes no real time meanwhile
   * @throws IllegalStateError when the environment is torn down meanwhile
   */
  sleep(ms: number, attempt: string | undefined): Promise<void> {
    return new Promise((wake, fail) => {
      if (this.#closed) return fail(tornDown());
      const until = this.#clock.now() + ms;
      this.#sleepers.add({ until, attempt, wake, fail });
      this.#clock.set(ms, () => this.#lookSoon());
      this.#lookSoon();
    });
  }

  /** Time is left alone from here on. */
  close(): void {
    this.#closed = true;
    clearImmediate(this.#looking);
    clearTimeout(this.#nextRound);
    for (const { fail } of this.#sleepers) fail(tornDown());
    this.#sleepers.clear();
  }

  /** In a later turn, after all that has already happened has been heard of. */
  #lookSoon(): void {
    if (this.#closed || this.#looking) return;
    this.#looking = setImmediate(() => {
      this.#looking = undefined;
      this.#look();
    });
  }

  #look(): void {
    const { settled, busy, nextDueAt, someAreFresh } = this.#assess();
    if (someAreFresh) this.#countRounds();
    if (!settled) return;
    // Who has slept may want to do something before more time passes.
    if (this.#wakeSleepers()) return this.#lookSoon();
    if (busy || (this.#awaited.length === 0 && this.#sleepers.size === 0)) return;
    const times = [nextDueAt, ...[...this.#sleepers].map(({ until }) => until)];
    const next = Math.min(...times);
    if (next === Number.POSITIVE_INFINITY) return;
    this.#clock.jumpTo(next);
    this.#lookSoon();
  }

  #countRounds(): void {
    this.#nextRound ??= setTimeout(() => {
      this.#nextRound = undefined;
      this.#round += 1;
      this.#lookSoon();
    }, ROUND_MS);
  }

  #assess(): Situation {
    const now = this.#clock.now();
    const asleep = new Set([...this.#sleepers].map(({ attempt }) => attempt));
    let settled = true;
    let busy = false;
    let nextDueAt = Number.POSITIVE_INFINITY;
    let someAreFresh = false;
    const isFresh = (task: string, rounds = TAKEN_WITHIN_ROUNDS): boolean => {
      const fresh = this.#round - (this.#waitingSince.get(task) ?? 0) < rounds;
      someAreFresh ||= fresh;
      return fresh;
    };
    for (const work of this.#runs.values()) {
      const task = work.waitingWorkflowTask;
      const retried = work.retriedWorkflowTask;
      const taskIsFresh =
        (task !== undefined && isFresh(task)) ||
        (retried !== undefined && isFresh(retried, RETRIED_WITHIN_ROUNDS));
      if (work.underWay || work.dueAt <= now || taskIsFresh) settled = false;
      // A result needs a worker that gets on, however late; a sleep is to end without one too.
      const hasTask = (task ?? retried) !== undefined;
      if (hasTask && this.#isAwaited(work) && this.#sleepers.size === 0) busy = true;
      if (work.waitingActivities.some((attempt) => isFresh(attempt))) busy = true;
      if (work.runningActivities.some((attempt) => !asleep.has(attempt))) busy = true;
      nextDueAt = Math.min(nextDueAt, work.dueAt);
    }
    return { settled, busy, nextDueAt, someAreFresh };
  }

  #isAwaited({ workflowId, rootWorkflowId }: PendingWork): boolean {
    return this.#awaited.includes(workflowId) || this.#awaited.includes(rootWorkflowId);
  }

  /** Whether there were any to wake. */
  #wakeSleepers(): boolean {
    const now = this.#clock.now();
    const due = [...this.#sleepers].filter(({ until }) => until <= now);
    for (const sleeper of due) {
      this.#sleepers.delete(sleeper);
      sleeper.wake();
    }
    return due.length > 0;
  }
}

function tornDown(): IllegalStateError {
  return new IllegalStateError(
    'the test environment was torn down while somebody slept in it; await sleep() before teardown()',
  );
}

function waitingTasksOf(work: PendingWork): string[] {
  const workflowTasks = [work.waitingWorkflowTask, work.retriedWorkflowTask];
  return [...workflowTasks.filter((task) => task !== undefined), ...work.waitingActivities];
}
