/**
 * One worker as the server sees it: how many tasks it will still take, what it is running, and what
 * is to be said to it. A session outlives its connection for a grace period, so that a reconnect
 * loses nothing.
 *
 * Slots: a worker grants credit. A slot that is taken for a task leaves the credit, and stays taken
 * until the task is delivered (then it is the worker's to free) or called off. A worker that
 * connects anew restates its free slots without those that are taken here, so they are deducted.
 *
 * `running` is the authority on what the worker has or is about to get: what was removed from it is
 * never delivered.
 */
import type {
  Ack,
  ActivityTask,
  ActivityToken,
  EagerActivity,
  QueryAnswer,
  QueryTask,
  WorkflowQuery,
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
  readonly queries?: QueryTask[];
  /** Run ids. */
  readonly hurried?: string[];
}

/** The way to the worker. */
export interface WorkerChannel {
  deliver(mail: WorkerMail): void;
  cancelActivities(tokens: readonly ActivityToken[]): void;
}

type Task =
  | { readonly kind: 'workflow'; readonly token: WorkflowTaskToken }
  | { readonly kind: 'activity'; readonly token: ActivityToken };

/** Something the worker was given and has not finished. */
export type RunningTask = Task & {
  /** Whether the worker has been told; until then it holds a slot here. */
  delivered: boolean;
};

/** An activity that is handed over in an acknowledgement. */
export interface HandOver {
  readonly activity: EagerActivity;
  readonly task: RunningTask;
}

/** What goes along with a task of a namespace that leaves now. */
export type Boarding = (namespaceId: number, task: WorkflowTask) => readonly WorkflowQuery[];

/** Most slots of a kind that a worker can grant. */
const MOST_CREDIT = 1_000_000;

/** Key of a workflow task in {@link WorkerSession.running}. */
export function workflowTaskKey(
  runId: string,
  { startedEventId, attempt, fence }: Omit<WorkflowTaskToken, 'workflowId' | 'runId'>,
): string {
  return `w${runId}.${startedEventId}.${attempt}.${fence}`;
}

/** Key of an activity attempt in {@link WorkerSession.running}. */
export function activityKey(runId: string, scheduledEventId: number, attempt: number): string {
  return `${runId}.${scheduledEventId}.${attempt}`;
}

/** Key of a task in {@link WorkerSession.running}. */
export function keyOfTask({ kind, token }: Task): string {
  return kind === 'workflow'
    ? workflowTaskKey(token.runId, token)
    : activityKey(token.runId, token.scheduledEventId, token.attempt);
}

export class WorkerSession {
  readonly sessionId: string;
  readonly namespaceId: number;
  readonly taskQueue: string;
  readonly identity: string;
  readonly running = new Map<string, RunningTask>();
  /** Undefined while disconnected. */
  channel: WorkerChannel | undefined;
  /** Types it has told that it serves. */
  types: Readonly<Record<SlotKind, readonly string[]>> = { workflow: [], activity: [] };
  /** Whether it still wants tasks. */
  draining = false;
  readonly #credit: Record<SlotKind, number> = { workflow: 0, activity: 0 };
  readonly #taken: Record<SlotKind, number> = { workflow: 0, activity: 0 };
  #acks: { readonly ack: Ack; readonly handOvers: readonly HandOver[] }[] = [];
  #workflowTasks: { readonly task: WorkflowTask; readonly running: RunningTask }[] = [];
  #activityTasks: { readonly task: ActivityTask; readonly running: RunningTask }[] = [];
  #cancelled: ActivityToken[] = [];
  #queries: QueryTask[] = [];
  #hurried: string[] = [];
  readonly #asked = new Map<string, (answer: QueryAnswer | undefined) => void>();
  readonly #board: Boarding;

  constructor(facts: {
    sessionId: string;
    namespaceId: number;
    taskQueue: string;
    identity: string;
    /** Default: nothing goes along. */
    board?: Boarding;
  }) {
    this.sessionId = facts.sessionId;
    this.namespaceId = facts.namespaceId;
    this.taskQueue = facts.taskQueue;
    this.identity = facts.identity;
    this.#board = facts.board ?? (() => []);
  }

  /** Whether it is connected and wants tasks. */
  get present(): boolean {
    return this.channel !== undefined && !this.draining;
  }

  /** Slots that can be given to it now. */
  room(kind: SlotKind): number {
    if (!this.present) return 0;
    return Math.max(this.#credit[kind], 0);
  }

  /** A new connection, on which the worker has stated its free slots. */
  connect(channel: WorkerChannel, free: Readonly<Record<SlotKind, number>>): void {
    this.channel = channel;
    this.draining = false;
    for (const kind of ['workflow', 'activity'] as const) {
      this.#credit[kind] = Math.min(free[kind], MOST_CREDIT) - this.#taken[kind];
    }
  }

  /** The worker has freed slots. */
  grant(kind: SlotKind, slots: number): void {
    this.#credit[kind] = Math.min(this.#credit[kind] + slots, MOST_CREDIT);
  }

  /** Takes a slot; it must be delivered with a task or given back. */
  takeSlot(kind: SlotKind): void {
    this.#credit[kind] -= 1;
    this.#taken[kind] += 1;
  }

  /** Gives back a slot that was taken for nothing. */
  returnSlot(kind: SlotKind): void {
    this.#credit[kind] += 1;
    this.#taken[kind] -= 1;
  }

  /** The slot taken before is for this task. */
  assign(task: RunningTask): void {
    this.running.set(keyOfTask(task), task);
  }

  /** The task is not, or no longer, the worker's; the slot of an undelivered one is free again. */
  forget(task: RunningTask): void {
    const key = keyOfTask(task);
    if (this.running.get(key) !== task) return;
    this.running.delete(key);
    if (!task.delivered) this.returnSlot(task.kind);
  }

  /** To be said with the next {@link flush}. */
  postAck(ack: Ack, handOvers: readonly HandOver[] = []): void {
    this.#acks.push({ ack, handOvers });
  }

  /** To be given with the next {@link flush}. */
  postWorkflowTask(task: WorkflowTask, running: RunningTask): void {
    this.#workflowTasks.push({ task, running });
  }

  /** To be given with the next {@link flush}. */
  postActivityTask(task: ActivityTask, running: RunningTask): void {
    this.#activityTasks.push({ task, running });
  }

  /** To be said with the next {@link flush}, after the tasks: it may be about one of them. */
  postCancellation(token: ActivityToken): void {
    this.#cancelled.push(token);
  }

  /** Asks at once. The answer is undefined when the worker leaves, or is not there, to give one. */
  ask(query: QueryTask): {
    readonly answer: Promise<QueryAnswer | undefined>;
    readonly giveUp: () => void;
  } {
    const { queryId } = query;
    const answer = new Promise<QueryAnswer | undefined>((resolve) => {
      if (!this.channel) return resolve(undefined);
      this.#asked.set(queryId, resolve);
      this.#queries.push(query);
      this.flush();
    });
    return { answer, giveUp: () => void this.#asked.delete(queryId) };
  }

  /** Says at once that queries wait for the task it does of a run. */
  hurry(runId: string): void {
    if (!this.channel) return;
    this.#hurried.push(runId);
    this.flush();
  }

  /** The worker has answered; what nobody waits for any more is dropped. */
  answered(answers: readonly QueryAnswer[]): void {
    for (const answer of answers) {
      this.#asked.get(answer.queryId)?.(answer);
      this.#asked.delete(answer.queryId);
    }
  }

  /** The connection is gone: what was posted waits for the next one, questions do not. */
  disconnect(): void {
    this.channel = undefined;
    this.#queries = [];
    this.#hurried = [];
    for (const resolve of this.#asked.values()) resolve(undefined);
    this.#asked.clear();
  }

  /** Sends what was posted, in one frame. While disconnected it waits for the next connection. */
  flush(): void {
    const { channel } = this;
    if (!channel) return;
    const mail: WorkerMail = {
      acks: this.#acks.map(({ ack, handOvers }) => this.#withHandOvers(ack, handOvers)),
      workflowTasks: this.#deliver(this.#workflowTasks).map((task) => this.#boarded(task)),
      activityTasks: this.#deliver(this.#activityTasks),
      ...(this.#queries.length > 0 && { queries: this.#queries }),
      ...(this.#hurried.length > 0 && { hurried: this.#hurried }),
    };
    const cancelled = this.#cancelled;
    this.#acks = [];
    this.#workflowTasks = [];
    this.#activityTasks = [];
    this.#cancelled = [];
    this.#queries = [];
    this.#hurried = [];
    const tasks = mail.workflowTasks.length + mail.activityTasks.length;
    const asked = (mail.queries?.length ?? 0) + (mail.hurried?.length ?? 0);
    if (mail.acks.length + tasks + asked > 0) channel.deliver(mail);
    if (cancelled.length > 0) channel.cancelActivities(cancelled);
  }

  #withHandOvers(ack: Ack, handOvers: readonly HandOver[]): Ack {
    if (handOvers.length === 0) return ack;
    const standing = handOvers.filter(({ task }) => this.#markDelivered(task));
    return { ...ack, eager: standing.map(({ activity }) => activity) };
  }

  #deliver<T>(posted: readonly { readonly task: T; readonly running: RunningTask }[]): T[] {
    return posted.filter(({ running }) => this.#markDelivered(running)).map(({ task }) => task);
  }

  #boarded(task: WorkflowTask): WorkflowTask {
    const queries = this.#board(this.namespaceId, task);
    return queries.length > 0 ? { ...task, queries } : task;
  }

  /** False for what was called off meanwhile. */
  #markDelivered(task: RunningTask): boolean {
    if (this.running.get(keyOfTask(task)) !== task) return false;
    if (!task.delivered) this.#taken[task.kind] -= 1;
    task.delivered = true;
    return true;
  }
}
