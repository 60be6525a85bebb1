/**
 * Starts that wait a moment for the answer to their first workflow task, so that both are one
 * transition and one commit (measured: a workflow without steps takes one commit instead of two, one
 * of two activities three instead of four).
 *
 * A start is held only where that is likely to pay: somebody waits for the result already, its worker
 * has the task and has answered in time before, and nothing else is to be committed. Held in vain, it
 * delays the result by one commit at most. Nobody hears of the start before its commit; whatever
 * comes for the workflow ends the wait.
 */
import type { WorkerSession } from '../matching/worker-session.ts';
import type { Draft } from './draft.ts';
import type { ExecutionEntry } from './execution-entry.ts';

/** Most starts of a worker that are not held after one was held in vain. */
const MAX_PENALTY = 64;

interface Held {
  readonly draft: Draft;
  readonly timer: NodeJS.Timeout;
}

/** What holding was good for with a worker's tasks. */
interface Experience {
  /** Starts that are not held any more after the next one that is held in vain. */
  penalty: number;
  /** Starts still to pass unheld. */
  passing: number;
}

export class HeldStarts {
  readonly #holdMs: number;
  readonly #onDue: () => void;
  readonly #held = new Map<ExecutionEntry, Held>();
  readonly #experience = new WeakMap<WorkerSession, Experience>();
  #due: Draft[] = [];

  /**
   * @param holdMs longest wait in milliseconds; 0 holds nothing
   * @param onDue told when {@link takeDue} has something to give
   */
  constructor(holdMs: number, onDue: () => void) {
    this.#holdMs = holdMs;
    this.#onDue = onDue;
  }

  /** Starts whose wait is over and that are not taken yet. */
  get due(): number {
    return this.#due.length;
  }

  /** Whether a decided start, the only thing to be committed now, is to be held. */
  isWorthwhile({ entry, isStart, earlyTask, pushedEarly }: Draft): boolean {
    if (this.#holdMs === 0 || !isStart || !earlyTask || pushedEarly) return false;
    if (entry.closeListeners.size === 0 || entry.waiting.length > 0) return false;
    const { session } = earlyTask;
    if (!session.present) return false;
    const experience = this.#experienceWith(session);
    if (experience.passing === 0) return true;
    experience.passing -= 1;
    return false;
  }

  /** Holds a start whose first workflow task its worker has. */
  hold(draft: Draft): void {
    const timer = setTimeout(() => this.release(draft.entry), this.#holdMs);
    this.#held.set(draft.entry, { draft, timer });
  }

  /** Ends the wait for a workflow: its time is up, or something has come for it. */
  release(entry: ExecutionEntry): void {
    const held = this.#held.get(entry);
    if (!held) return;
    this.#held.delete(entry);
    clearTimeout(held.timer);
    this.#learn(held.draft, entry.waiting.length > 0);
    this.#due.push(held.draft);
    this.#onDue();
  }

  /** Those that go on now. */
  takeDue(): Draft[] {
    const due = this.#due;
    this.#due = [];
    return due;
  }

  /** Ends every wait. */
  close(): Draft[] {
    for (const entry of this.#held.keys()) this.release(entry);
    return this.takeDue();
  }

  #learn({ pushedEarly }: Draft, inTime: boolean): void {
    if (!pushedEarly) return;
    const experience = this.#experienceWith(pushedEarly.session);
    experience.penalty = inTime ? 0 : Math.min(experience.penalty * 2 || 1, MAX_PENALTY);
    experience.passing = experience.penalty;
  }

  #experienceWith(session: WorkerSession): Experience {
    let experience = this.#experience.get(session);
    if (!experience) {
      experience = { penalty: 0, passing: 0 };
      this.#experience.set(session, experience);
    }
    return experience;
  }
}
