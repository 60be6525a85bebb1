/**
 * Re-derives dispatch from the outbox: tasks whose announcement was lost (a full process died, Redis
 * was flushed) are handed to the matcher again. Announcing a task that still waits is harmless: it
 * is started once, by compare-and-set.
 */
import type { Clock, Logger } from '@perdure/common';
import type {
  ExecutionStore,
  QueueKey,
  SweepCursor,
  TaskBroker,
  WaitingTask,
} from '@perdure/ports';
import type { Matcher } from '../matching/matcher.ts';

/** Time between two looks. */
const INTERVAL_MS = 2_000;
/** Tasks younger than this are surely on their way. */
const SETTLED_MS = 2_000;
/** Time after which everything that waits is announced again. */
const FULL_SWEEP_MS = 60_000;
const PAGE = 1_000;

export interface OutboxPumpParts {
  readonly store: ExecutionStore;
  readonly broker: TaskBroker;
  readonly matcher: Matcher;
  readonly clock: Clock;
  readonly log: Logger;
}

export class OutboxPump {
  readonly #parts: OutboxPumpParts;
  #timer: NodeJS.Timeout | undefined;
  #cursor: SweepCursor | undefined;
  #fullSweepAt = 0;
  #stopped = true;

  constructor(parts: OutboxPumpParts) {
    this.#parts = parts;
  }

  start(): void {
    this.#stopped = false;
    void this.#run();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  async #run(): Promise<void> {
    try {
      await this.#restartIfLost();
      await this.#sweep();
    } catch (error) {
      this.#parts.log.warn('the outbox sweep failed; trying again', { error: String(error) });
    }
    if (!this.#stopped) this.#timer = setTimeout(() => void this.#run(), INTERVAL_MS);
  }

  /** Starts over when the broker has lost what it held, and every minute. */
  async #restartIfLost(): Promise<void> {
    const now = this.#parts.clock.now();
    const intact = await this.#parts.broker.intact().catch(() => true);
    if (!intact) this.#parts.log.warn('the broker has lost its tasks; announcing all again');
    if (intact && now < this.#fullSweepAt) return;
    this.#cursor = undefined;
    this.#fullSweepAt = now + FULL_SWEEP_MS;
  }

  async #sweep(): Promise<void> {
    const { store, clock, matcher } = this.#parts;
    const before = clock.now() - SETTLED_MS;
    for (;;) {
      const { tasks, cursor } = await store.waitingTasks(before, PAGE, this.#cursor);
      for (const [key, group] of byQueue(tasks)) {
        matcher.enqueue(
          key,
          group.map((task) => ({ run: task, workflowId: undefined, task })),
        );
      }
      if (cursor !== undefined) this.#cursor = cursor;
      if (tasks.length < PAGE || this.#stopped) return;
    }
  }
}

function byQueue(tasks: readonly WaitingTask[]): Map<QueueKey, WaitingTask[]> {
  const groups = new Map<QueueKey, WaitingTask[]>();
  const keys = new Map<string, QueueKey>();
  for (const task of tasks) {
    const { namespaceId, taskQueue, kind } = task;
    const name = `${namespaceId}/${kind}/${taskQueue}`;
    let key = keys.get(name);
    if (!key) keys.set(name, (key = { namespaceId, taskQueue, kind }));
    const group = groups.get(key);
    if (group) group.push(task);
    else groups.set(key, [task]);
  }
  return groups;
}
