/**
 * One (namespace, task queue, kind) on this server: the sessions that take from it, in turn, and
 * the tasks that wait here for a slot.
 */
import type { OutboxTask } from '@perdure/engine';
import type { QueueKey, RunRef } from '@perdure/ports';
import type { WorkerSession } from './worker-session.ts';

/** A task that waits for a slot. */
export interface BacklogTask {
  readonly run: RunRef;
  /** Known when the task was decided here; else the run is looked up. */
  readonly workflowId: string | undefined;
  readonly task: Pick<OutboxTask, 'kind' | 'scheduledEventId' | 'attempt'>;
}

/** Most tasks that wait in memory per queue; the rest waits in the broker. */
const MAX_BACKLOG = 1_000;

export class TaskQueue {
  readonly key: QueueKey;
  readonly sessions: WorkerSession[] = [];
  /** Whether the broker may hold tasks of this queue. */
  brokerMayHold = true;
  /** A fetch from the broker is under way. */
  fetching = false;
  #turn = 0;
  #backlog: BacklogTask[] = [];
  #head = 0;

  constructor(key: QueueKey) {
    this.key = key;
  }

  /** A session with room: the preferred one, else the next in turn. */
  pick(preferred: WorkerSession | undefined): WorkerSession | undefined {
    const { kind } = this.key;
    if (preferred?.hasRoom(kind) && this.sessions.includes(preferred)) return preferred;
    for (let i = 0; i < this.sessions.length; i++) {
      this.#turn = (this.#turn + 1) % this.sessions.length;
      const session = this.sessions[this.#turn];
      if (session?.hasRoom(kind)) return session;
    }
    return undefined;
  }

  /** Slots free over all sessions. */
  get room(): number {
    let room = 0;
    for (const session of this.sessions) {
      if (session.hasRoom(this.key.kind)) room += session.credit[this.key.kind];
    }
    return room;
  }

  get backlogLength(): number {
    return this.#backlog.length - this.#head;
  }

  /** Whether the task now waits here; if not, it must go to the broker. */
  push(task: BacklogTask): boolean {
    if (this.sessions.length === 0 || this.backlogLength >= MAX_BACKLOG) return false;
    this.#backlog.push(task);
    return true;
  }

  shift(): BacklogTask | undefined {
    const task = this.#backlog[this.#head];
    if (task === undefined) return undefined;
    this.#head += 1;
    if (this.#head > 256 && this.#head * 2 > this.#backlog.length) {
      this.#backlog = this.#backlog.slice(this.#head);
      this.#head = 0;
    }
    return task;
  }

  /** Everything that waits; it no longer does. */
  drain(): BacklogTask[] {
    const rest = this.#backlog.slice(this.#head);
    this.#backlog = [];
    this.#head = 0;
    return rest;
  }
}
