/** One transition against the tables: decides first, then writes, so it is all or nothing. */
import { type CommitResult, type ExecutionTransition, shardOf } from '@perdure/ports';
import type { Run, RunTable } from './run-table.ts';

type Task = ExecutionTransition['addTasks'][number];

/** See `ExecutionStore.commit`. */
export function commitOne(runs: RunTable, transition: ExecutionTransition): CommitResult {
  return transition.expectedVersion === 0 ? start(runs, transition) : update(runs, transition);
}

function start(runs: RunTable, transition: ExecutionTransition): CommitResult {
  const { key, started } = transition;
  if (!started) throw new TypeError('a transition from version 0 must carry `started`');
  const current = runs.current(key);
  if (current?.key.runId !== started.replacesRunId) return { kind: 'conflict' };
  if (runs.get(key.namespaceId, key.runId)) {
    throw new Error(`run ${key.runId} is there already; a start wants a run id of its own`);
  }
  const run: Run = {
    key: { namespaceId: key.namespaceId, workflowId: key.workflowId, runId: key.runId },
    shard: shardOf(key.namespaceId, key.workflowId),
    started,
    history: [],
    tasks: new Map(),
    requestIds: new Set(),
    version: 0,
    state: transition.state,
    closed: undefined,
    wakeAt: 0,
  };
  runs.add(run);
  apply(runs, run, transition);
  return { kind: 'committed' };
}

function update(runs: RunTable, transition: ExecutionTransition): CommitResult {
  const { key, expectedVersion, requestIds } = transition;
  const run = runs.get(key.namespaceId, key.runId);
  const answered = [...new Set(requestIds)].filter((id) => run?.requestIds.has(id));
  if (answered.length > 0) return { kind: 'duplicateRequest', requestIds: answered };
  if (run?.version !== expectedVersion) return { kind: 'conflict' };
  // Before anything is written: what follows can only fail where another run is current.
  if (transition.next && runs.current(key) !== run) return { kind: 'conflict' };
  apply(runs, run, transition);
  return transition.next ? start(runs, transition.next) : { kind: 'committed' };
}

function apply(runs: RunTable, run: Run, transition: ExecutionTransition): void {
  run.version = transition.expectedVersion + 1;
  run.state = transition.state;
  if (transition.history) run.history.push(transition.history);
  if (transition.closed) run.closed = transition.closed;
  if (transition.wake) run.wakeAt = transition.wake.to;
  for (const task of transition.removeTasks) run.tasks.delete(taskId(task));
  for (const task of transition.addTasks) run.tasks.set(taskId(task), task);
  for (const id of transition.requestIds) run.requestIds.add(id);
  runs.written(run);
}

function taskId({ scheduledEventId, attempt, enqueuedAt }: Task): string {
  return `${scheduledEventId}:${attempt}:${enqueuedAt}`;
}
