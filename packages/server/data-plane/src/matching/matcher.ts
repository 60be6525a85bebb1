/**
 * Who gets which task. Before a commit: a session with room is found and its slot taken, so that
 * "started" is part of the commit. After it: what nobody took waits here for a slot, or, where no
 * worker of the queue is connected, in the broker by its id.
 *
 * Nothing here is a record: lose all of it, and the outbox in the store brings it back.
 */
import type { Logger } from '@perdure/common';
import type { QueueKey, TaskBroker } from '@perdure/ports';
import { parseTaskId, taskIdOf } from './task-id.ts';
import { type BacklogTask, TaskQueue } from './task-queue.ts';
import type { SlotKind, WorkerSession } from './worker-session.ts';

/** Starts a waiting task on a session whose slot has been taken for it. */
export type StartTask = (task: BacklogTask, session: WorkerSession) => void;

/** Most ids fetched from the broker in one go. */
const FETCH_LIMIT = 100;

export class Matcher {
  readonly #broker: TaskBroker;
  readonly #log: Logger;
  readonly #queues = new Map<string, TaskQueue>();
  readonly #stopListening: () => void;
  #startTask: StartTask = () => {};

  constructor(broker: TaskBroker, log: Logger) {
    this.#broker = broker;
    this.#log = log;
    this.#stopListening = broker.onAnnounced((key) => this.#announced(key));
  }

  /** Says how a waiting task is started. Called once, while the planes are put together. */
  onStart(startTask: StartTask): void {
    this.#startTask = startTask;
  }

  close(): void {
    this.#stopListening();
  }

  /** The session begins to take tasks. */
  join(session: WorkerSession): void {
    for (const queue of this.#queuesOf(session)) {
      if (!queue.sessions.includes(session)) queue.sessions.push(session);
      queue.brokerMayHold = true;
      this.#hand(queue);
    }
  }

  /** The session takes no more tasks; what waits for want of another goes to the broker. */
  leave(session: WorkerSession): void {
    for (const queue of this.#queuesOf(session)) {
      const at = queue.sessions.indexOf(session);
      if (at >= 0) queue.sessions.splice(at, 1);
      if (queue.sessions.length > 0) continue;
      this.#announce(queue, queue.drain());
      this.#queues.delete(nameOf(queue.key));
    }
  }

  /**
   * Takes a slot for a task that is being decided.
   *
   * @returns the session, or undefined when none has room
   */
  reserve(key: QueueKey, preferred: WorkerSession | undefined): WorkerSession | undefined {
    const queue = this.#queues.get(nameOf(key));
    const session = queue?.pick(preferred);
    if (session) session.credit[key.kind] -= 1;
    return session;
  }

  /** Adds slots to a session and hands it what waits. */
  grant(session: WorkerSession, workflow: number, activity: number): void {
    session.credit.workflow += workflow;
    session.credit.activity += activity;
    for (const queue of this.#queuesOf(session)) this.#hand(queue);
  }

  /** Gives back a slot that was taken for nothing. */
  release(session: WorkerSession, kind: SlotKind): void {
    session.credit[kind] += 1;
    this.#hand(this.#queue(keyOf(session, kind)));
  }

  /** Takes in tasks that wait in the outbox, once they are durable. */
  enqueue(key: QueueKey, tasks: readonly BacklogTask[]): void {
    const queue = this.#queues.get(nameOf(key));
    const homeless = queue ? tasks.filter((task) => !queue.push(task)) : tasks;
    if (homeless.length > 0) this.#announce(queue ?? new TaskQueue(key), homeless);
    if (queue) this.#hand(queue);
  }

  #queuesOf(session: WorkerSession): TaskQueue[] {
    return (['workflow', 'activity'] as const).map((kind) => this.#queue(keyOf(session, kind)));
  }

  #queue({ namespaceId, taskQueue, kind }: QueueKey): TaskQueue {
    const key = { namespaceId, taskQueue, kind };
    const name = nameOf(key);
    let queue = this.#queues.get(name);
    if (!queue) this.#queues.set(name, (queue = new TaskQueue(key)));
    return queue;
  }

  /** Starts waiting tasks while there are slots; fetches from the broker when none wait here. */
  #hand(queue: TaskQueue): void {
    while (queue.backlogLength > 0) {
      const session = this.reserve(queue.key, undefined);
      if (!session) return;
      this.#startTask(queue.shift()!, session);
    }
    if (queue.brokerMayHold && !queue.fetching && queue.room > 0) void this.#fetch(queue);
  }

  async #fetch(queue: TaskQueue): Promise<void> {
    queue.fetching = true;
    const wanted = Math.min(queue.room, FETCH_LIMIT);
    queue.brokerMayHold = false;
    try {
      const ids = await this.#broker.take(queue.key, wanted);
      if (ids.length >= wanted) queue.brokerMayHold = true;
      const tasks = ids.map(parseTaskId).filter((task) => task !== undefined);
      const homeless = tasks.filter((task) => !queue.push(task));
      if (homeless.length > 0) this.#announce(queue, homeless);
    } catch (error) {
      // The outbox sweep brings these tasks back; until then there is nothing to do here.
      this.#log.warn('could not fetch waiting tasks from the broker', { error: String(error) });
    } finally {
      queue.fetching = false;
    }
    this.#hand(queue);
  }

  #announced(key: QueueKey): void {
    const queue = this.#queues.get(nameOf(key));
    if (!queue) return;
    queue.brokerMayHold = true;
    this.#hand(queue);
  }

  #announce(queue: TaskQueue, tasks: readonly BacklogTask[]): void {
    if (tasks.length === 0) return;
    const ids = tasks.map((task) => ({ queue: queue.key, taskId: taskIdOf(task) }));
    this.#broker.announce(ids).catch((error: unknown) => {
      this.#log.warn('could not announce waiting tasks to the broker; the sweep will', {
        tasks: ids.length,
        error: String(error),
      });
    });
  }
}

function keyOf({ namespaceId, taskQueue }: WorkerSession, kind: SlotKind): QueueKey {
  return { namespaceId, taskQueue, kind };
}

function nameOf(key: QueueKey): string {
  return `${key.namespaceId}/${key.kind}/${key.taskQueue}`;
}
