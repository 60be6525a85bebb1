/**
 * What the pumps ask across tenants: who waits in the outbox, who is to be woken. Runs under a role
 * that sees the outbox, the wake-ups and the ids of runs, and nothing else.
 */
import type { DueRun, ExecutionStore, WaitingTask } from '@perdure/ports';
import { taskKinds } from './commit/batch-shape.ts';
import type { RolePool } from './connections.ts';
import { fromStored } from './stored-text.ts';

const columns = 'enqueued_at, namespace_id, shard, run_id, scheduled_event_id, attempt';

const waitingTasks = {
  name: 'waiting_tasks',
  text: `select ${columns}, kind, task_queue from perdure.tasks
    where enqueued_at <= $1 and (${columns}) > ($3::int8, $4::int4, $5::int2, $6::uuid, $7::int4, $8::int4)
    order by ${columns} limit $2`,
};

const dueRuns = {
  name: 'due_runs',
  text: `select w.wake_at, w.namespace_id, w.run_id, e.workflow_id
    from (select * from perdure.wakeups where wake_at <= $1
      order by wake_at, namespace_id, shard, run_id limit $2) w
    join perdure.executions e
      on e.namespace_id = w.namespace_id and e.shard = w.shard and e.run_id = w.run_id
    order by w.wake_at, w.namespace_id, w.shard, w.run_id`,
};

const nextWakeAt = {
  name: 'next_wake_at',
  text: 'select min(wake_at) from perdure.wakeups where wake_at > $1',
};

/** Before every task. */
const beginning = '-1:-1:-1:00000000-0000-0000-0000-000000000000:-1:-1';

type TaskRow = [string, number, number, string, number, number, number, string];
type DueRow = [string, number, string, string];

/** The sweeps. No namespace is named: the role's policy says what it sees. */
export class Sweeps {
  readonly #pumps: RolePool;

  constructor(pumps: RolePool) {
    this.#pumps = pumps;
  }

  /** See `ExecutionStore.waitingTasks`. */
  async waitingTasks(
    before: number,
    limit: number,
    after?: string,
  ): ReturnType<ExecutionStore['waitingTasks']> {
    const position = (after ?? beginning).split(':');
    const rows = await this.#pumps.run(waitingTasks, [before, limit, ...position]);
    const tasks = (rows as unknown as TaskRow[]).map(taskOf);
    const last = rows.length < limit ? undefined : rows.at(-1);
    return { tasks, cursor: last?.slice(0, 6).join(':') };
  }

  /** See `ExecutionStore.dueRuns`. */
  async dueRuns(now: number, limit: number): Promise<DueRun[]> {
    const rows = await this.#pumps.run(dueRuns, [now, limit]);
    return (rows as unknown as DueRow[]).map(([wakeAt, namespaceId, runId, workflowId]) => ({
      namespaceId,
      workflowId: fromStored(workflowId),
      runId,
      wakeAt: Number(wakeAt),
    }));
  }

  /** See `ExecutionStore.nextWakeAt`. */
  async nextWakeAt(now: number): Promise<number | undefined> {
    const [row] = await this.#pumps.run(nextWakeAt, [now]);
    const wakeAt = row?.[0];
    return typeof wakeAt === 'string' ? Number(wakeAt) : undefined;
  }
}

function taskOf(row: TaskRow): WaitingTask {
  const [enqueuedAt, namespaceId, shard, runId, scheduledEventId, attempt, kind, taskQueue] = row;
  return {
    namespaceId,
    shard,
    runId,
    kind: taskKinds[kind]!,
    scheduledEventId,
    attempt,
    taskQueue: fromStored(taskQueue),
    enqueuedAt: Number(enqueuedAt),
  };
}
