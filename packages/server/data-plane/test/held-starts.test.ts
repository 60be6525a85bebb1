/** A start that waits for its first task's answer: one commit for both, and no harm whatever comes. */
import type { GetHistoryOutput, StartWorkflowOutput } from '@perdure/contract';
import { decodeEvents } from '@perdure/protocol';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { DataPlane } from '../src/index.ts';
import { FakeWorker, finish, schedule, settle } from './fake-worker.ts';
import { World, callerOf, historyOf, startInput, typesOf } from './test-plane.ts';

let world: World;
let plane: DataPlane;
let worker: FakeWorker;

/** Longer than any test: only what the test does ends the wait. */
const holdStartsMs = 600_000;

beforeEach(() => {
  world = new World();
});
afterEach(() => world.close());

async function open(parts: { holdStartsMs: number } = { holdStartsMs }): Promise<void> {
  plane = world.start(parts);
  worker = await new FakeWorker().connect(plane);
}

/** Starts a workflow and waits for its result, as one frame of a client does. */
function execute(workflowId: string): {
  started: Promise<StartWorkflowOutput>;
  result: Promise<GetHistoryOutput>;
} {
  const caller = callerOf();
  const { namespace } = caller;
  const wanted = { namespace, workflowId, fromEventId: 1 };
  const started = plane.workflows.startWorkflow(caller, startInput(workflowId));
  const waiting = { ...wanted, waitForClose: true, closeEventOnly: true };
  const result = plane.workflows.getHistory(caller, waiting, undefined);
  started.catch(() => {});
  result.catch(() => {});
  return { started, result };
}

function signal(workflowId: string): Promise<unknown> {
  const caller = callerOf();
  const { namespace } = caller;
  const call = { namespace, workflowId, signalName: 's', requestId: 'r' };
  return plane.workflows.signalWorkflow(caller, call);
}

const started = ['WorkflowExecutionStarted', 'WorkflowTaskScheduled', 'WorkflowTaskStarted'];

test('start and first task are one commit, and nobody hears of them before', async () => {
  await open();
  const { started: start, result } = execute('w');
  const task = await worker.workflowTask();
  expect(world.store.commits).toBe(0);
  let durable = false;
  world.store.beforeCommit = async () => {
    await settle();
    expect(worker.acks.size).toBe(0);
    durable = true;
  };
  expect(await worker.completeWorkflowTask(task, finish)).toMatchObject({ outcome: 'ok' });
  expect(durable).toBe(true);
  expect(world.store.commits).toBe(1);
  expect(await start).toMatchObject({ runId: task.runId });
  const { events } = await result;
  expect(typesOf(decodeEvents(events))).toEqual(['WorkflowExecutionCompleted']);
  expect(typesOf(await historyOf(plane, 'w'))).toEqual([
    ...started,
    'WorkflowTaskCompleted',
    'WorkflowExecutionCompleted',
  ]);
});

test('activities of the first task are handed over with its answer', async () => {
  await open();
  execute('w');
  const task = await worker.workflowTask();
  const ack = await worker.completeWorkflowTask(task, schedule('a'));
  expect(ack).toMatchObject({ outcome: 'ok', eager: [{ activityId: 'a', scheduledEventId: 5 }] });
  expect(world.store.commits).toBe(1);
  const { runId } = task;
  const token = { workflowId: 'w', runId, scheduledEventId: 5, attempt: 1 };
  await worker.complete({ kind: 'activityCompleted', token, result: new Uint8Array([1]) });
  const next = await worker.workflowTask(1);
  expect(typesOf(decodeEvents(next.events)).at(-1)).toBe('WorkflowTaskStarted');
  expect(await worker.completeWorkflowTask(next, finish)).toMatchObject({ outcome: 'ok' });
});

test('a start whose worker takes its time is committed by itself', async () => {
  await open({ holdStartsMs: 1 });
  const { started: start, result } = execute('w');
  const task = await worker.workflowTask();
  expect(await start).toMatchObject({ runId: task.runId });
  expect(world.store.commits).toBe(1);
  expect(worker.workflowTasks).toHaveLength(1);
  expect(await worker.completeWorkflowTask(task, finish)).toMatchObject({ outcome: 'ok' });
  expect(await result).toMatchObject({ status: 'COMPLETED' });
  expect(worker.workflowTasks).toHaveLength(1);
});

test('a worker that has taken its time is not waited for the next time', async () => {
  await open({ holdStartsMs: 1 });
  await execute('slow').started;
  let tasksAtCommit = -1;
  world.store.beforeCommit = () => void (tasksAtCommit = worker.workflowTasks.length);
  await execute('next').started;
  // The task is pushed while the commit is under way, not before it.
  expect(tasksAtCommit).toBe(1);
});

test('whatever comes for the workflow ends the wait', async () => {
  await open();
  const { started: start } = execute('w');
  const task = await worker.workflowTask();
  await signal('w');
  expect(await start).toMatchObject({ runId: task.runId });
  expect(world.store.commits).toBe(1);
  // It came during the task, so another one follows.
  expect(await worker.completeWorkflowTask(task, schedule('a'))).toMatchObject({ outcome: 'ok' });
  expect(typesOf(await historyOf(plane, 'w'))).toEqual([
    ...started,
    'WorkflowTaskCompleted',
    'ActivityTaskScheduled',
    'WorkflowExecutionSignaled',
    'WorkflowTaskScheduled',
    'WorkflowTaskStarted',
  ]);
});

test('a start that nobody waits for is not held', async () => {
  await open();
  await plane.workflows.startWorkflow(callerOf(), startInput('w'));
  expect(world.store.commits).toBe(1);
  await worker.workflowTask();
});

test('the answer to a start that came to nothing is void, and what it asked for never began', async () => {
  await open();
  world.store.faults.push('fails');
  const { started: start } = execute('w');
  const first = await worker.workflowTask();
  const void_ = await worker.completeWorkflowTask(first, schedule('a'));
  expect(void_).toMatchObject({ outcome: 'stale' });
  expect(void_.eager).toBeUndefined();
  const second = await worker.workflowTask(1);
  expect(second.fence).not.toBe(first.fence);
  expect(await worker.completeWorkflowTask(second, schedule('a'))).toMatchObject({ outcome: 'ok' });
  expect(await start).toMatchObject({ runId: second.runId });
  expect(typesOf(await historyOf(plane, 'w'))).toEqual([
    ...started,
    'WorkflowTaskCompleted',
    'ActivityTaskScheduled',
  ]);
});

test('a start of which nobody knows that it was stored counts once', async () => {
  await open();
  world.store.faults.push('lost');
  const { started: start, result } = execute('w');
  const task = await worker.workflowTask();
  await worker.completeWorkflowTask(task, finish);
  const { runId } = await start;
  expect(runId).toBe(task.runId);
  expect(await result).toMatchObject({ runId, status: 'COMPLETED' });
});

test('another server may start the workflow first', async () => {
  await open();
  const { started: start } = execute('w');
  const task = await worker.workflowTask();
  const other = world.start({ alone: false });
  const theirs = await other.workflows.startWorkflow(callerOf(), startInput('w'));
  expect(await worker.completeWorkflowTask(task, finish)).toMatchObject({ outcome: 'stale' });
  await expect(start).rejects.toMatchObject({ code: 'WORKFLOW_ALREADY_STARTED' });
  expect(typesOf(await historyOf(other, 'w', { runId: theirs.runId }))[0]).toBe(started[0]);
});

test('a server that closes refuses what it holds, and stores none of it', async () => {
  await open();
  const { started: start, result } = execute('w');
  await worker.workflowTask();
  await plane.close();
  await expect(start).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  await expect(result).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  expect(world.store.commits).toBe(0);
});

test('a worker that leaves with the task does not keep the start', async () => {
  await open();
  const { started: start } = execute('w');
  await worker.workflowTask();
  worker.connection!.close();
  const heir = await new FakeWorker().connect(plane);
  const task = await heir.workflowTask();
  expect(await heir.completeWorkflowTask(task, finish)).toMatchObject({ outcome: 'ok' });
  expect(await start).toMatchObject({ runId: task.runId });
});
