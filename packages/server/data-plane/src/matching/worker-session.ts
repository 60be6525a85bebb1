/**
 * One worker as the server sees it: how many tasks it will still take, what it is running, and what
 * is to be said to it. A session outlives its connection for a grace period, so that a reconnect
 * loses nothing.
 */
import type {
  Ack,
  ActivityTask,
  ActivityToken,
  WorkflowTask,
  WorkflowTaskToken,
} from '@perdure/protocol';

/** Kinds of slots. */
export type SlotKind = 'workflow' | 'activity';

/** What is said to a worker in one frame. */
export interface WorkerMail {
  readonly acks: Ack[];
  readonly workflowTasks: WorkflowTask[];
  readonly activityTasks: ActivityTask[];
}

/** The way to the worker. */
export interface WorkerChannel {
  deliver(mail: WorkerMail): void;
  cancelActivities(tokens: readonly ActivityToken[]): void;
}

/** Something the worker was given and has not finished. */
export type RunningTask =
  | { readonly kind: 'workflow'; readonly token: WorkflowTaskToken }
  | { readonly kind: 'activity'; readonly token: ActivityToken };

/** Key of a workflow task in {@link WorkerSession.running}: a run has one at a time. */
export function workflowTaskKey(runId: string): string {
  return `w${runId}`;
}

/** Key of an activity attempt in {@link WorkerSession.running}. */
export function activityKey(runId: string, scheduledEventId: number, attempt: number): string {
  return `${runId}.${scheduledEventId}.${attempt}`;
}

export class WorkerSession {
  readonly sessionId: string;
  readonly namespaceId: number;
  readonly taskQueue: string;
  readonly identity: string;
  readonly credit: Record<SlotKind, number> = { workflow: 0, activity: 0 };
  readonly running = new Map<string, RunningTask>();
  /** Undefined while disconnected. */
  channel: WorkerChannel | undefined;
  /** Whether it still wants tasks. */
  draining = false;
  #mail: WorkerMail | undefined;

  constructor(facts: {
    sessionId: string;
    namespaceId: number;
    taskQueue: string;
    identity: string;
  }) {
    this.sessionId = facts.sessionId;
    this.namespaceId = facts.namespaceId;
    this.taskQueue = facts.taskQueue;
    this.identity = facts.identity;
  }

  /** Whether a task of this kind can be given to it now. */
  hasRoom(kind: SlotKind): boolean {
    return this.channel !== undefined && !this.draining && this.credit[kind] > 0;
  }

  /** What will be delivered with the next {@link flush}. */
  get mail(): WorkerMail {
    this.#mail ??= { acks: [], workflowTasks: [], activityTasks: [] };
    return this.#mail;
  }

  /** Sends what has been gathered, in one frame. While disconnected it is dropped: see `running`. */
  flush(): void {
    const mail = this.#mail;
    this.#mail = undefined;
    if (mail) this.channel?.deliver(mail);
  }
}
