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
  /** In order of arrival; by name, because sweeps bring again what waits already. */
  readonly #backlog = new Map<string, BacklogTask>();

  constructor(key: QueueKey) {
    this.key = key;
  }

  /** A session with room: the preferred one, else the next in turn. */
  pick(preferred: WorkerSession | undefined): WorkerSession | undefined {
    const { kind } = this.key;
    if (preferred && preferred.room(kind) > 0 && this.sessions.includes(preferred)) {
      return preferred;
    }
    for (let i = 0; i < this.sessions.length; i++) {
      this.#turn = (this.#turn + 1) % this.sessions.length;
      const session = this.sessions[this.#turn];
      if (session && session.room(kind) > 0) return session;
    }
    return undefined;
  }

  /** Slots free over all sessions. */
  get room(): number {
    let room = 0;
    for (const session of this.sessions) room += session.room(this.key.kind);
    return room;
  }

  get backlogLength(): number {
    return this.#backlog.size;
  }

  /** Whether the task now waits here; if not, it must go to the broker. */
  push(task: BacklogTask): boolean {
    if (this.sessions.length === 0) return false;
    const name = nameOf(task);
    if (this.#backlog.has(name)) return true;
    if (this.#backlog.size >= MAX_BACKLOG) return false;
    this.#backlog.set(name, task);
    return true;
  }

  shift(): BacklogTask | undefined {
    for (const [name, task] of this.#backlog) {
      this.#backlog.delete(name);
      return task;
    }
    return undefined;
  }

  /** Everything that waits; it no longer does. */
  drain(): BacklogTask[] {
    const rest = [...this.#backlog.values()];
    this.#backlog.clear();
    return rest;
  }
}

function nameOf({ run, task }: BacklogTask): string {
  return `${run.runId}.${task.scheduledEventId}.${task.attempt}`;
}
