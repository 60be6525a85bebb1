/**
 * The worker sessions connected to this server, and what happens when a connection dies: workflow
 * tasks are handed on at once, activities after a short grace in which the worker may come back
 * under the same session id (blueprint §7). Deadlines remain the guarantee.
 */
import type { Clock } from '@perdure/common';
import type { OpenWorker } from '@perdure/protocol';
import type { Matcher } from './matcher.ts';
import {
  type RunningTask,
  type WorkerChannel,
  WorkerSession,
  activityKey,
  workflowTaskKey,
} from './worker-session.ts';

/** A task whose worker is gone. */
export interface LostTask {
  readonly namespaceId: number;
  readonly task: RunningTask;
}

export interface SessionOptions {
  /** How long a worker may be away before its activities are handed on. Default 1 second. */
  readonly activityGraceMs?: number;
}

export class Sessions {
  readonly #matcher: Matcher;
  readonly #clock: Clock;
  readonly #graceMs: number;
  readonly #byId = new Map<string, WorkerSession>();
  readonly #graceTimers = new Map<WorkerSession, NodeJS.Timeout>();
  #onLost: (lost: LostTask) => void = () => {};

  constructor(matcher: Matcher, clock: Clock, options: SessionOptions = {}) {
    this.#matcher = matcher;
    this.#clock = clock;
    this.#graceMs = options.activityGraceMs ?? 1_000;
  }

  /** Says what is done about lost tasks. Called once, while the planes are put together. */
  onLost(listener: (lost: LostTask) => void): void {
    this.#onLost = listener;
  }

  get(sessionId: string): WorkerSession | undefined {
    return this.#byId.get(sessionId);
  }

  ids(): string[] {
    return [...this.#byId.keys()];
  }

  /** A worker connects, for the first time or again. */
  open(namespaceId: number, hello: OpenWorker, channel: WorkerChannel): WorkerSession {
    const known = this.#byId.get(hello.sessionId);
    const session =
      known?.namespaceId === namespaceId && known.taskQueue === hello.taskQueue
        ? known
        : this.#create(namespaceId, hello);
    this.#cancelGrace(session);
    session.channel = channel;
    session.draining = false;
    this.#reconcile(session, hello);
    session.credit.workflow = hello.workflowCredit;
    session.credit.activity = hello.activityCredit;
    this.#matcher.join(session);
    return session;
  }

  /** The connection is gone; the worker may come back. */
  disconnect(session: WorkerSession, channel: WorkerChannel): void {
    if (session.channel !== channel) return;
    session.channel = undefined;
    this.#matcher.leave(session);
    this.#lose(session, 'workflow');
    const timer = setTimeout(() => this.#expire(session), this.#graceMs);
    timer.unref();
    this.#graceTimers.set(session, timer);
  }

  /** The worker wants no more tasks. */
  drain(session: WorkerSession): void {
    session.draining = true;
    this.#matcher.leave(session);
  }

  /** The worker has said goodbye: whatever it still runs is handed on now. */
  end(session: WorkerSession): void {
    session.channel = undefined;
    this.#matcher.leave(session);
    this.#cancelGrace(session);
    this.#lose(session, 'workflow');
    this.#expire(session);
  }

  close(): void {
    for (const timer of this.#graceTimers.values()) clearTimeout(timer);
    this.#graceTimers.clear();
  }

  /** Milliseconds since the Unix epoch. */
  now(): number {
    return this.#clock.now();
  }

  #create(namespaceId: number, hello: OpenWorker): WorkerSession {
    const { sessionId, taskQueue, identity } = hello;
    const session = new WorkerSession({ sessionId, namespaceId, taskQueue, identity });
    this.#byId.set(sessionId, session);
    return session;
  }

  /** Squares what we believe the worker runs with what it says: the difference got lost on the way. */
  #reconcile(session: WorkerSession, hello: OpenWorker): void {
    const said = new Map<string, RunningTask>();
    for (const token of hello.runningWorkflowTasks) {
      said.set(workflowTaskKey(token.runId), { kind: 'workflow', token });
    }
    for (const token of hello.runningActivities) {
      const key = activityKey(token.runId, token.scheduledEventId, token.attempt);
      said.set(key, { kind: 'activity', token });
    }
    const { namespaceId } = session;
    for (const [key, task] of session.running) {
      if (said.has(key)) continue;
      session.running.delete(key);
      this.#onLost({ namespaceId, task });
    }
    for (const [key, task] of said) session.running.set(key, task);
  }

  #lose(session: WorkerSession, kind: RunningTask['kind']): void {
    for (const [key, task] of session.running) {
      if (task.kind !== kind) continue;
      session.running.delete(key);
      this.#onLost({ namespaceId: session.namespaceId, task });
    }
  }

  #expire(session: WorkerSession): void {
    this.#graceTimers.delete(session);
    if (this.#byId.get(session.sessionId) === session) this.#byId.delete(session.sessionId);
    this.#lose(session, 'activity');
  }

  #cancelGrace(session: WorkerSession): void {
    clearTimeout(this.#graceTimers.get(session));
    this.#graceTimers.delete(session);
  }
}
