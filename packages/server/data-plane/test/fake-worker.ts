/** A worker at its channel: takes what it is given, and completes it when the test says so. */
import { randomUUID } from 'node:crypto';
import type {
  Ack,
  ActivityTask,
  ActivityToken,
  Command,
  Completion,
  OpenWorker,
  QueryAnswer,
  QueryTask,
  WorkflowTask,
  WorkflowTaskToken,
} from '@perdure/protocol';
import type { NamespaceCaller } from '@perdure/contract';
import { vi } from 'vitest';
import type { DataPlane, WorkerChannel, WorkerConnection, WorkerMail } from '../src/index.ts';
import { callerOf } from './test-plane.ts';

type Unnumbered<C> = C extends Completion ? Omit<C, 'n'> : never;

/** A run that continues as new is held back for a second. */
const patience = { interval: 2, timeout: 5_000 };

export class FakeWorker {
  readonly workflowTasks: WorkflowTask[] = [];
  readonly activityTasks: ActivityTask[] = [];
  readonly acks = new Map<number, Ack>();
  readonly cancelled: ActivityToken[] = [];
  readonly queries: QueryTask[] = [];
  /** Runs whose task it was told to hurry with. */
  readonly hurried: string[] = [];
  /** Kinds of what arrived, in order. */
  readonly arrivals: ('workflowTask' | 'activityTask' | 'ack' | 'cancel')[] = [];
  sessionId: string = randomUUID();
  connection: WorkerConnection | undefined;
  #channel: WorkerChannel | undefined;
  #n = 1;

  /** Connects, or connects again under the same session id. */
  async connect(
    plane: DataPlane,
    hello: Partial<OpenWorker> = {},
    caller: NamespaceCaller = callerOf(),
  ): Promise<this> {
    const channel: WorkerChannel = {
      deliver: (mail) => this.#take(mail),
      cancelActivities: (tokens) => {
        this.arrivals.push('cancel');
        this.cancelled.push(...tokens);
      },
    };
    this.#channel = channel;
    this.connection = await plane.openWorker(
      caller,
      {
        channel: 1,
        sessionId: this.sessionId,
        namespace: caller.namespace,
        taskQueue: 'queue',
        identity: 'fake',
        workflowTypes: ['test'],
        activityTypes: ['test'],
        workflowCredit: 10,
        activityCredit: 10,
        runningActivities: [],
        runningWorkflowTasks: [],
        ...hello,
      },
      channel,
    );
    return this;
  }

  get channel(): WorkerChannel {
    return this.#channel!;
  }

  async workflowTask(at = 0): Promise<WorkflowTask> {
    return vi.waitFor(() => present(this.workflowTasks[at], 'workflow task'), patience);
  }

  async activityTask(at = 0): Promise<ActivityTask> {
    return vi.waitFor(() => present(this.activityTasks[at], 'activity task'), patience);
  }

  async query(at = 0): Promise<QueryTask> {
    return vi.waitFor(() => present(this.queries[at], 'query'), { interval: 2 });
  }

  answer(...answers: QueryAnswer[]): void {
    this.connection!.answerQueries(answers);
  }

  /** Reports, and does not wait. */
  report(...completions: Unnumbered<Completion>[]): number[] {
    const numbered = completions.map((each) => ({ ...each, n: this.#n++ }) as Completion);
    this.connection!.complete(numbered);
    return numbered.map(({ n }) => n);
  }

  /** Reports, and waits for the answer. */
  async complete(completion: Unnumbered<Completion>): Promise<Ack> {
    const [n] = this.report(completion);
    return this.ack(n!);
  }

  async ack(n: number): Promise<Ack> {
    return vi.waitFor(() => present(this.acks.get(n), `ack ${n}`), patience);
  }

  completeWorkflowTask(task: WorkflowTask, ...commands: Command[]): Promise<Ack> {
    return this.complete({ kind: 'workflowTaskCompleted', token: tokenOf(task), commands });
  }

  #take({ acks, workflowTasks, activityTasks, queries = [], hurried = [] }: WorkerMail): void {
    this.queries.push(...queries);
    this.hurried.push(...hurried);
    for (const ack of acks) {
      this.arrivals.push('ack');
      if (!this.acks.has(ack.n)) this.acks.set(ack.n, ack);
    }
    for (const task of workflowTasks) {
      this.arrivals.push('workflowTask');
      this.workflowTasks.push(task);
    }
    for (const task of activityTasks) {
      this.arrivals.push('activityTask');
      this.activityTasks.push(task);
    }
  }
}

export function tokenOf({
  workflowId,
  runId,
  startedEventId,
  attempt,
  fence,
}: WorkflowTask): WorkflowTaskToken {
  return { workflowId, runId, startedEventId, attempt, fence };
}

export function schedule(activityId: string, options: object = {}): Command {
  return {
    commandType: 'ScheduleActivityTask',
    activityId,
    activityType: 'test',
    startToCloseTimeoutMs: 60_000,
    ...options,
  };
}

export const finish: Command = { commandType: 'CompleteWorkflowExecution' };

function present<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new Error(`no ${what} yet`);
  return value;
}

/** Gives the plane time to do what it is about to do. */
export async function settle(ms = 20): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}
