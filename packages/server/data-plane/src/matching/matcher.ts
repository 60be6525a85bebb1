/**
 * Who gets which task. Before a commit: a session with room is found and its slot taken, so that
 * "started" is part of the commit. After it: what nobody took waits for a slot, here or, where
 * other servers may have a free worker, in the broker by its id.
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

export interface MatcherParts {
  readonly broker: TaskBroker;
  readonly log: Logger;
  /** No other server has workers: what waits, waits here. */
  readonly alone: boolean;
}

/** Most ids fetched from the broker in one go. */
const FETCH_LIMIT = 100;
/** Wait after a fetch that failed, in milliseconds. */
const FETCH_RETRY_MS = 1_000;

export class Matcher {
  readonly #parts: MatcherParts;
  readonly #queues = new Map<string, TaskQueue>();
  readonly #stopListening: () => void;
  readonly #retries = new Set<NodeJS.Timeout>();
  #startTask: StartTask = () => {};
  #onJoined: (key: QueueKey) => void = () => {};

  constructor(parts: MatcherParts) {
    this.#parts = parts;
    this.#stopListening = parts.broker.onAnnounced(
      (key) => this.#announced(key),
      () => this.#missed(),
    );
  }

  /** Says how a waiting task is started. Called once, while the planes are put together. */
  onStart(startTask: StartTask): void {
    this.#startTask = startTask;
  }

  /** Says who hears of workers that begin to take tasks of a queue. Called once, likewise. */
  onJoined(listener: (key: QueueKey) => void): void {
    this.#onJoined = listener;
  }

  close(): void {
    this.#stopListening();
    for (const retry of this.#retries) clearTimeout(retry);
  }

  /** The session begins to take tasks of these kinds, or has stated its slots anew. */
  join(session: WorkerSession, kinds: readonly SlotKind[]): void {
    for (const kind of kinds) {
      const key = keyOf(session, kind);
      let queue = this.#queues.get(nameOf(key));
      if (!queue) this.#queues.set(nameOf(key), (queue = new TaskQueue(key)));
      if (!queue.sessions.includes(session)) queue.sessions.push(session);
      queue.brokerMayHold = true;
      this.#hand(queue);
      this.#onJoined(key);
    }
  }

  /** The session takes no more tasks; what waits for want of another goes to the broker. */
  leave(session: WorkerSession): void {
    for (const queue of this.#queuesOf(session)) {
      const at = queue.sessions.indexOf(session);
      if (at >= 0) queue.sessions.splice(at, 1);
      if (queue.sessions.length > 0) continue;
      this.#announce(queue.key, queue.drain());
      this.#queues.delete(nameOf(queue.key));
    }
  }

  /**
   * Takes a slot for a task that is being decided.
   *
   * @returns the session, or undefined when none has room
   */
  reserve(key: QueueKey, preferred: WorkerSession | undefined): WorkerSession | undefined {
    const session = this.#queues.get(nameOf(key))?.pick(preferred);
    session?.takeSlot(key.kind);
    return session;
  }

  /** A session that serves a queue, with room or without: the preferred one, else the first. */
  anyOf(
    key: QueueKey,
    preferred?: WorkerSession,
    except?: ReadonlySet<WorkerSession>,
  ): WorkerSession | undefined {
    const all = this.#queues.get(nameOf(key))?.sessions ?? [];
    const sessions = except?.size ? all.filter((each) => !except.has(each)) : all;
    return preferred && sessions.includes(preferred) ? preferred : sessions[0];
  }

  /** The types that the workers of a queue serve; empty when there is no worker. */
  typesServed(key: QueueKey): ReadonlySet<string> {
    const sessions = this.#queues.get(nameOf(key))?.sessions ?? [];
    return new Set(sessions.flatMap(({ types }) => types[key.kind]));
  }

  /** Adds slots to a session and hands it what waits. */
  grant(session: WorkerSession, workflow: number, activity: number): void {
    session.grant('workflow', workflow);
    session.grant('activity', activity);
    this.offer(session);
  }

  /** Gives back a slot that was taken for nothing. */
  release(session: WorkerSession, kind: SlotKind): void {
    session.returnSlot(kind);
    this.offer(session);
  }

  /** Hands a session what waits, as far as it has slots. */
  offer(session: WorkerSession): void {
    for (const queue of this.#queuesOf(session)) this.#hand(queue);
  }

  /** Takes in tasks that wait in the outbox, once they are durable. */
  enqueue(key: QueueKey, tasks: readonly BacklogTask[]): void {
    const queue = this.#queues.get(nameOf(key));
    // Where all workers here are busy, one of another server may be free.
    const mayWaitHere = queue !== undefined && (this.#parts.alone || queue.room > 0);
    const homeless = mayWaitHere ? tasks.filter((task) => !queue.push(task)) : tasks;
    if (homeless.length > 0) this.#announce(key, homeless);
    if (queue) this.#hand(queue);
  }

  #queuesOf(session: WorkerSession): TaskQueue[] {
    return (['workflow', 'activity'] as const)
      .map((kind) => this.#queues.get(nameOf(keyOf(session, kind))))
      .filter((queue) => queue !== undefined);
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
    // Whoever announces from here on sets it again, and the queue is looked at once more.
    queue.brokerMayHold = false;
    const wanted = Math.min(queue.room, FETCH_LIMIT);
    try {
      const ids = await this.#parts.broker.take(queue.key, wanted);
      if (ids.length >= wanted) queue.brokerMayHold = true;
      const { namespaceId, kind } = queue.key;
      const tasks = ids
        .map(parseTaskId)
        .filter((task) => task !== undefined)
        // The broker is no authority: an id of another tenant must not reach this one's workers.
        .filter(({ run, task }) => run.namespaceId === namespaceId && task.kind === kind);
      const homeless = tasks.filter((task) => !queue.push(task));
      if (homeless.length > 0) this.#announce(queue.key, homeless);
    } catch (error) {
      this.#parts.log.warn('could not fetch waiting tasks from the broker; trying again', {
        error: String(error),
      });
      this.#fetchLater(queue);
    } finally {
      queue.fetching = false;
    }
    this.#hand(queue);
  }

  #fetchLater(queue: TaskQueue): void {
    const retry = setTimeout(() => {
      this.#retries.delete(retry);
      queue.brokerMayHold = true;
      this.#hand(queue);
    }, FETCH_RETRY_MS);
    retry.unref();
    this.#retries.add(retry);
  }

  #announced(key: QueueKey): void {
    const queue = this.#queues.get(nameOf(key));
    if (!queue) return;
    queue.brokerMayHold = true;
    this.#hand(queue);
  }

  /** Announcements may have been missed: every queue may hold something. */
  #missed(): void {
    for (const queue of this.#queues.values()) {
      queue.brokerMayHold = true;
      this.#hand(queue);
    }
  }

  #announce(key: QueueKey, tasks: readonly BacklogTask[]): void {
    if (tasks.length === 0) return;
    const ids = tasks.map((task) => ({ queue: key, taskId: taskIdOf(task) }));
    this.#parts.broker.announce(ids).catch((error: unknown) => {
      this.#parts.log.warn('could not announce waiting tasks to the broker; the sweep will', {
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
