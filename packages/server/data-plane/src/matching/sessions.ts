/**
 * The worker sessions connected to this server, and what happens when a connection dies: workflow
 * tasks are handed on at once, activities after a short grace in which the worker may come back
 * under the same session id (blueprint §7). Deadlines remain the guarantee.
 *
 * A session belongs to its namespace: the same id named by another tenant is another session.
 */
import { PerdureServiceError } from '@perdure/common';
import type { OpenWorker } from '@perdure/protocol';
import type { Matcher } from './matcher.ts';
import {
  type Boarding,
  type RunningTask,
  type SlotKind,
  type WorkerChannel,
  WorkerSession,
  keyOfTask,
} from './worker-session.ts';

/** A task whose worker is gone. */
export interface LostTask {
  readonly namespaceId: number;
  readonly task: RunningTask;
}

/** Default of `workersPerNamespace`. */
const WORKERS_PER_NAMESPACE = 10_000;

export interface SessionOptions {
  /** How long a worker may be away before its activities are handed on. Default 1 second. */
  readonly activityGraceMs?: number;
  /** Most workers of a namespace connected to this server. Default 10,000. */
  readonly workersPerNamespace?: number;
  /** What goes along with workflow tasks. Default: nothing. */
  readonly board?: Boarding;
}

export class Sessions {
  readonly #matcher: Matcher;
  readonly #graceMs: number;
  readonly #most: number;
  readonly #board: Boarding | undefined;
  readonly #byName = new Map<string, WorkerSession>();
  readonly #perNamespace = new Map<number, number>();
  readonly #graceTimers = new Map<WorkerSession, NodeJS.Timeout>();
  #onLost: (lost: LostTask) => void = () => {};

  constructor(matcher: Matcher, options: SessionOptions = {}) {
    this.#matcher = matcher;
    this.#graceMs = options.activityGraceMs ?? 1_000;
    this.#most = options.workersPerNamespace ?? WORKERS_PER_NAMESPACE;
    this.#board = options.board;
  }

  /** Says what is done about lost tasks. Called once, while the planes are put together. */
  onLost(listener: (lost: LostTask) => void): void {
    this.#onLost = listener;
  }

  get(namespaceId: number, sessionId: string): WorkerSession | undefined {
    return this.#byName.get(sessionName(namespaceId, sessionId));
  }

  /** Whether there are any. */
  get isEmpty(): boolean {
    return this.#byName.size === 0;
  }

  /** Names of all sessions, as {@link sessionName} makes them. */
  names(): string[] {
    return [...this.#byName.keys()];
  }

  /**
   * A worker connects, for the first time or again.
   *
   * @throws PerdureServiceError INVALID_ARGUMENT when the session serves another task queue,
   *   RESOURCE_EXHAUSTED when its namespace has too many sessions here
   */
  open(namespaceId: number, hello: OpenWorker, channel: WorkerChannel): WorkerSession {
    const session = this.get(namespaceId, hello.sessionId) ?? this.#create(namespaceId, hello);
    if (session.taskQueue !== hello.taskQueue) throw otherQueue(session, hello);
    this.#cancelGrace(session);
    this.#reconcile(session, hello);
    const { workflowCredit: workflow, activityCredit: activity } = hello;
    session.types = { workflow: hello.workflowTypes, activity: hello.activityTypes };
    session.connect(channel, { workflow, activity });
    this.#matcher.join(session, kindsOf(hello));
    return session;
  }

  /** The connection is gone; the worker may come back. */
  disconnect(session: WorkerSession): void {
    session.disconnect();
    this.#matcher.leave(session);
    this.#lose(session, 'workflow');
    this.#cancelGrace(session);
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
    session.disconnect();
    this.#matcher.leave(session);
    this.#cancelGrace(session);
    this.#lose(session, 'workflow');
    this.#expire(session);
  }

  close(): void {
    for (const timer of this.#graceTimers.values()) clearTimeout(timer);
    this.#graceTimers.clear();
  }

  #create(namespaceId: number, hello: OpenWorker): WorkerSession {
    const { sessionId, taskQueue, identity } = hello;
    const count = this.#perNamespace.get(namespaceId) ?? 0;
    if (count >= this.#most) throw tooMany(this.#most);
    this.#perNamespace.set(namespaceId, count + 1);
    const facts = { sessionId, namespaceId, taskQueue, identity };
    const session = new WorkerSession({ ...facts, board: this.#board });
    this.#byName.set(sessionName(namespaceId, sessionId), session);
    return session;
  }

  /**
   * Squares what we believe the worker runs with what it says: the difference got lost on the way.
   * Except for what has not been sent yet, of which the worker cannot know.
   */
  #reconcile(session: WorkerSession, hello: OpenWorker): void {
    const said = new Map<string, RunningTask>();
    const say = (task: RunningTask) => void said.set(keyOfTask(task), task);
    for (const token of hello.runningWorkflowTasks)
      say({ kind: 'workflow', token, delivered: true });
    for (const token of hello.runningActivities) say({ kind: 'activity', token, delivered: true });
    const { namespaceId } = session;
    for (const [key, task] of session.running) {
      if (said.has(key) || !task.delivered) continue;
      session.forget(task);
      this.#onLost({ namespaceId, task });
    }
    for (const [key, task] of said) if (!session.running.has(key)) session.assign(task);
  }

  #lose(session: WorkerSession, kind: RunningTask['kind']): void {
    for (const task of session.running.values()) {
      if (task.kind !== kind) continue;
      session.forget(task);
      this.#onLost({ namespaceId: session.namespaceId, task });
    }
  }

  #expire(session: WorkerSession): void {
    this.#graceTimers.delete(session);
    const name = sessionName(session.namespaceId, session.sessionId);
    if (this.#byName.get(name) === session) this.#remove(name, session);
    this.#lose(session, 'activity');
  }

  #remove(name: string, { namespaceId }: WorkerSession): void {
    this.#byName.delete(name);
    const count = this.#perNamespace.get(namespaceId)! - 1;
    if (count > 0) this.#perNamespace.set(namespaceId, count);
    else this.#perNamespace.delete(namespaceId);
  }

  #cancelGrace(session: WorkerSession): void {
    clearTimeout(this.#graceTimers.get(session));
    this.#graceTimers.delete(session);
  }
}

/** What a session is called beyond its namespace, for example in its lease. */
export function sessionName(namespaceId: number, sessionId: string): string {
  return `${namespaceId}/${sessionId}`;
}

/** Kinds of tasks that the worker can take. */
function kindsOf(hello: OpenWorker): SlotKind[] {
  const kinds: SlotKind[] = [];
  if (hello.workflowTypes.length > 0 || hello.workflowCredit > 0) kinds.push('workflow');
  if (hello.activityTypes.length > 0 || hello.activityCredit > 0) kinds.push('activity');
  return kinds;
}

function tooMany(most: number): PerdureServiceError {
  return new PerdureServiceError(
    'RESOURCE_EXHAUSTED',
    `a namespace may have ${most} workers at a server; close some, or give each more slots`,
    { retryable: true },
  );
}

function otherQueue({ taskQueue }: WorkerSession, hello: OpenWorker): PerdureServiceError {
  return new PerdureServiceError(
    'INVALID_ARGUMENT',
    `session '${hello.sessionId}' serves task queue '${taskQueue}' and now names '${hello.taskQueue}'; ` +
      'every worker needs a session id of its own',
    { field: 'sessionId' },
  );
}
