/** Questions that go along with workflow tasks, to runs that are never without one (semantics 39). */
import { randomUUID } from 'node:crypto';
import type { QueryWorkflowOutput } from '@perdure/contract';
import type { Command, Failure, QueryAnswer, WorkflowTask } from '@perdure/protocol';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { DataPlane } from '../src/index.ts';
import { FakeWorker, finish, settle, tokenOf } from './fake-worker.ts';
import { World, callerOf, historyOf, startInput, typesOf } from './test-plane.ts';

const caller = callerOf();
const { namespace } = caller;
const result = Uint8Array.of(1, 144);
const no: Failure = { message: 'no', info: { kind: 'application', type: 'No' } };

let world: World;
let plane: DataPlane;
let worker: FakeWorker;
beforeEach(async () => {
  world = new World();
  plane = world.start();
  worker = await new FakeWorker().connect(plane);
  await plane.workflows.startWorkflow(caller, startInput('w'));
});
afterEach(() => world.close());

function ask(): Promise<QueryWorkflowOutput> {
  const question = { queryName: 'query', rejectCondition: 'NONE' } as const;
  return plane.workflows.queryWorkflow(
    caller,
    { namespace, workflowId: 'w', ...question },
    undefined,
  );
}

async function signal(): Promise<void> {
  const call = { namespace, workflowId: 'w', signalName: 's', requestId: randomUUID() };
  await plane.workflows.signalWorkflow(caller, call);
}

/** Completes a task with answers to what came with it. */
function complete(
  task: WorkflowTask,
  answer: Omit<QueryAnswer, 'queryId'> = { result },
  ...commands: Command[]
) {
  const queryResults = task.queries?.map(({ queryId }) => ({ queryId, ...answer }));
  const completed = { kind: 'workflowTaskCompleted', token: tokenOf(task) } as const;
  return worker.complete({ ...completed, commands, queryResults });
}

/** A question that came while a task was under way, and the next task, which has it with it. */
async function riding(): Promise<{ answer: Promise<QueryWorkflowOutput>; task: WorkflowTask }> {
  const first = await worker.workflowTask();
  const answer = ask();
  await settle();
  await signal();
  await complete(first);
  const task = await worker.workflowTask(1);
  expect(task.queries).toMatchObject([{ queryName: 'query' }]);
  return { answer, task };
}

it('goes along with the next task, and is answered with it', async () => {
  const { answer, task } = await riding();
  await complete(task);
  expect(await answer).toEqual({ kind: 'answered', result });
  expect(worker.queries).toEqual([]);
  expect(typesOf(await historyOf(plane, 'w')).filter((type) => /Quer/.test(type))).toEqual([]);
});

it('is answered by a handler that fails', async () => {
  const { answer, task } = await riding();
  await complete(task, { failure: no });
  expect(await answer).toEqual({ kind: 'failed', failure: no });
});

it('is answered though the run is never without a task', async () => {
  let answered = 0;
  let answers: Promise<QueryWorkflowOutput>[] = [];
  for (let at = 0; at === 0 || answered < answers.length; at++) {
    const task = await worker.workflowTask(at);
    if (at === 0) answers = Array.from({ length: 50 }, () => ask().finally(() => answered++));
    await signal();
    await complete(task);
  }
  for (const answer of answers) expect(await answer).toEqual({ kind: 'answered', result });
  expect(worker.queries).toEqual([]);
});

it('waits for a task that knows what was acknowledged before', async () => {
  const first = await worker.workflowTask();
  await signal();
  const answer = ask();
  await settle();
  expect(first.queries).toBeUndefined();
  await complete(first);
  const again = await worker.workflowTask(1);
  expect(again.queries).toHaveLength(1);
  await complete(again);
  expect(await answer).toEqual({ kind: 'answered', result });
});

it('waits until the completion is durable', async () => {
  const { answer, task } = await riding();
  let answered = false;
  void answer.then(() => (answered = true));
  let store = (): void => {};
  world.store.beforeCommit = () => new Promise<void>((resolve) => (store = resolve));
  const acknowledged = complete(task);
  await settle(50);
  expect(answered).toBe(false);
  world.store.beforeCommit = () => {};
  store();
  await acknowledged;
  expect(await answer).toEqual({ kind: 'answered', result });
});

it('goes along with the next when its task fails, or its worker leaves', async () => {
  const { answer, task } = await riding();
  const cause = 'WORKFLOW_WORKER_UNHANDLED_FAILURE';
  await worker.complete({ kind: 'workflowTaskFailed', token: tokenOf(task), cause, failure: no });
  const second = await worker.workflowTask(2);
  expect(second.queries).toHaveLength(1);
  const other = await new FakeWorker().connect(plane);
  worker.connection!.disconnected();
  const third = await other.workflowTask();
  expect(third.queries).toHaveLength(1);
  worker = other;
  await complete(third);
  expect(await answer).toEqual({ kind: 'answered', result });
});

it('is asked again of a worker that has said nothing of it', async () => {
  const { answer, task } = await riding();
  await worker.completeWorkflowTask(task);
  const { queryId, lastStartedEventId } = await worker.query();
  expect(lastStartedEventId).toBe(task.startedEventId);
  worker.answer({ queryId, result });
  expect(await answer).toEqual({ kind: 'answered', result });
});

it('is not answered by what came to nothing', async () => {
  const { answer, task } = await riding();
  await signal();
  // The run may not close past the signal: the task fails, and its answer with it.
  const ack = await complete(task, { failure: no }, finish);
  expect(ack.outcome).toBe('taskFailed');
  const next = await worker.workflowTask(2);
  expect(next.queries).toHaveLength(1);
  await complete(next);
  expect(await answer).toEqual({ kind: 'answered', result });
});

it('goes along with the task that closes the run', async () => {
  const { answer, task } = await riding();
  await complete(task, { result }, finish);
  expect(await answer).toEqual({ kind: 'answered', result });
});

it.each(['fails', 'lost', 'conflicts'] as const)(
  'is answered once when the commit that starts or ends its task %s',
  async (fault) => {
    for (const at of [0, 1]) {
      const workflowId = `${fault}-${at}`;
      const before = worker.workflowTasks.length;
      await plane.workflows.startWorkflow(caller, startInput(workflowId));
      const question = { queryName: 'query', rejectCondition: 'NONE' } as const;
      const answer = plane.workflows.queryWorkflow(
        caller,
        { namespace, workflowId, ...question },
        undefined,
      );
      await settle();
      const call = { namespace, workflowId, signalName: 's', requestId: randomUUID() };
      await plane.workflows.signalWorkflow(caller, call);
      world.store.faults.push(...Array.from({ length: at }, () => undefined), fault);
      let answered = false;
      void answer.finally(() => (answered = true));
      for (let n = before; ; n++) {
        const given = () => answered || worker.workflowTasks.length > n;
        await vi.waitFor(() => expect(given() || worker.queries.length > 0).toBe(true), {
          interval: 2,
          timeout: 10_000,
        });
        if (answered) break;
        for (const { queryId } of worker.queries.splice(0)) worker.answer({ queryId, result });
        if (worker.workflowTasks.length > n) await complete(await worker.workflowTask(n));
        else n -= 1;
      }
      expect(await answer).toEqual({ kind: 'answered', result });
    }
  },
);

it('hurries the worker of a task that keeps it waiting, once', async () => {
  const first = await worker.workflowTask();
  const answers = [ask(), ask()];
  await vi.waitFor(() => expect(worker.hurried).toEqual([first.runId]), { timeout: 5_000 });
  await signal();
  await settle(100);
  const token = tokenOf(first);
  const goesOn = { commands: [], forceCreateNewTask: true };
  await worker.complete({ kind: 'workflowTaskCompleted', token, ...goesOn });
  const next = await worker.workflowTask(1);
  expect(next.queries).toHaveLength(2);
  await settle(600);
  await complete(next);
  for (const answer of answers) expect(await answer).toEqual({ kind: 'answered', result });
  expect(worker.hurried).toEqual([first.runId]);
});

it('is not taken from a worker of another tenant', async () => {
  const { answer, task } = await riding();
  let answered = false;
  void answer.then(() => (answered = true));
  const stranger = await new FakeWorker().connect(plane, {}, callerOf(2));
  const queryResults = task.queries!.map(({ queryId }) => ({ queryId, failure: no }));
  const token = tokenOf(task);
  const forged = { kind: 'workflowTaskCompleted', token, commands: [], queryResults } as const;
  expect(await stranger.complete(forged)).toMatchObject({ outcome: 'stale' });
  stranger.answer(...queryResults);
  await settle();
  expect(answered).toBe(false);
  await complete(task);
  expect(await answer).toEqual({ kind: 'answered', result });
});
