/** Questions on their way through the data plane (semantics 39). */
import type { QueryWorkflowInput, QueryWorkflowOutput } from '@perdure/contract';
import type { Failure } from '@perdure/protocol';
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
beforeEach(() => {
  world = new World();
  plane = world.start();
});
afterEach(() => world.close());

function ask(
  options: Partial<QueryWorkflowInput> = {},
  signal?: AbortSignal,
): Promise<QueryWorkflowOutput> {
  const question = { queryName: 'query', rejectCondition: 'NONE' } as const;
  const input = { namespace, workflowId: 'w', ...question, ...options };
  return plane.workflows.queryWorkflow(caller, input, signal);
}

/** A run whose first task is done, and its worker. */
async function idle(): Promise<{ worker: FakeWorker; runId: string }> {
  const worker = await new FakeWorker().connect(plane);
  const { runId } = await plane.workflows.startWorkflow(caller, startInput('w'));
  await worker.completeWorkflowTask(await worker.workflowTask());
  return { worker, runId };
}

const signal = (requestId: string) =>
  plane.workflows.signalWorkflow(caller, {
    namespace,
    workflowId: 'w',
    signalName: 's',
    requestId,
  });

it('is answered by the worker, and leaves nothing', async () => {
  const { worker, runId } = await idle();
  const [before, commits] = [typesOf(await historyOf(plane, 'w')), world.store.commits];
  const answer = ask();
  const { queryId, ...query } = await worker.query();
  expect(query).toMatchObject({ workflowId: 'w', runId, workflowType: 'test', queryName: 'query' });
  expect(query.lastStartedEventId).toBe(3);
  worker.answer({ queryId, result });
  expect(await answer).toEqual({ kind: 'answered', result });
  expect(typesOf(await historyOf(plane, 'w'))).toEqual(before);
  expect(world.store.commits).toBe(commits);
});

it('is answered with the failure of its handler', async () => {
  const { worker } = await idle();
  const answer = ask();
  worker.answer({ queryId: (await worker.query()).queryId, failure: no });
  expect(await answer).toEqual({ kind: 'failed', failure: no });
});

it('waits for the task that is under way: what was acknowledged before is known', async () => {
  const { worker } = await idle();
  await signal('s');
  const task = await worker.workflowTask(1);
  const answer = ask();
  await settle(50);
  expect(worker.queries).toHaveLength(0);
  await worker.completeWorkflowTask(task);
  const { queryId, lastStartedEventId } = await worker.query();
  expect(lastStartedEventId).toBe(task.startedEventId);
  worker.answer({ queryId, result });
  expect(await answer).toEqual({ kind: 'answered', result });
});

it('is asked of another worker when the first leaves without an answer', async () => {
  const { worker } = await idle();
  const answer = ask();
  await worker.query();
  const other = await new FakeWorker().connect(plane);
  worker.connection!.disconnected();
  const { queryId } = await other.query();
  other.answer({ queryId, result });
  expect(await answer).toEqual({ kind: 'answered', result });
});

it('is asked of another worker when the first hangs, and whoever answers first is heard', async () => {
  const { worker } = await idle();
  const answer = ask();
  await worker.query();
  const other = await new FakeWorker().connect(plane);
  await vi.waitFor(() => expect(other.queries).toHaveLength(1), { timeout: 10_000 });
  worker.answer({ queryId: (await worker.query()).queryId, result });
  expect(await answer).toEqual({ kind: 'answered', result });
  other.answer({ queryId: (await other.query()).queryId, failure: no });
  expect(worker.queries).toHaveLength(1);
});

it('is asked once there is a worker, and of one that runs workflows', async () => {
  const { worker } = await idle();
  worker.connection!.close();
  const answer = ask();
  const forActivities = await new FakeWorker().connect(plane, {
    workflowTypes: [],
    workflowCredit: 0,
  });
  await settle(50);
  const other = await new FakeWorker().connect(plane);
  const { queryId } = await other.query();
  other.answer({ queryId, result });
  expect(await answer).toEqual({ kind: 'answered', result });
  expect(forActivities.queries).toHaveLength(0);
});

it('is not asked again of a worker that comes back after the asker has gone', async () => {
  const { worker } = await idle();
  const given = new AbortController();
  const answer = ask({}, given.signal);
  await worker.query();
  worker.connection!.disconnected();
  given.abort();
  await expect(answer).rejects.toMatchObject({ code: 'DEADLINE_EXCEEDED' });
  await worker.connect(plane);
  await settle(50);
  expect(worker.queries).toHaveLength(1);
});

it('of a closed run is answered too, unless the caller excludes it', async () => {
  const { worker, runId } = await idle();
  await signal('s');
  await worker.completeWorkflowTask(await worker.workflowTask(1), finish);
  const answer = ask();
  worker.answer({ queryId: (await worker.query()).queryId, result });
  expect(await answer).toEqual({ kind: 'answered', result });
  await expect(ask({ rejectCondition: 'NOT_OPEN' })).rejects.toMatchObject({
    code: 'QUERY_REJECTED',
    fields: { runId, status: 'COMPLETED' },
  });
  const clean = ask({ rejectCondition: 'NOT_COMPLETED_CLEANLY' });
  worker.answer({ queryId: (await worker.query(1)).queryId, result });
  expect(await clean).toEqual({ kind: 'answered', result });
});

it('of a run that is no longer current is answered by its id', async () => {
  const { worker, runId } = await idle();
  await plane.workflows.terminateWorkflow(caller, { namespace, workflowId: 'w', requestId: 'e' });
  await plane.workflows.startWorkflow(caller, startInput('w'));
  const answer = ask({ runId });
  const { queryId, ...query } = await worker.query();
  expect(query.runId).toBe(runId);
  worker.answer({ queryId, result });
  expect(await answer).toEqual({ kind: 'answered', result });
});

it('is refused when the task goes on failing, or the run closed unseen', async () => {
  const { worker } = await idle();
  await signal('s');
  const cause = 'WORKFLOW_WORKER_UNHANDLED_FAILURE';
  for (let attempt = 1; attempt <= 3; attempt++) {
    // The third comes after a second.
    const given = () => expect(worker.workflowTasks).toHaveLength(attempt + 1);
    await vi.waitFor(given, { timeout: 10_000 });
    const token = tokenOf(await worker.workflowTask(attempt));
    await worker.complete({ kind: 'workflowTaskFailed', token, cause, failure: no });
  }
  await expect(ask()).rejects.toMatchObject({
    code: 'WORKFLOW_NOT_READY',
    message: 'Workflow Task in failed state',
  });
  await plane.workflows.startWorkflow(caller, startInput('unseen', { taskQueue: 'nobody' }));
  const end = { namespace, workflowId: 'unseen', requestId: 'e' };
  await plane.workflows.terminateWorkflow(caller, end);
  await expect(ask({ workflowId: 'unseen' })).rejects.toMatchObject({ code: 'WORKFLOW_NOT_READY' });
  await expect(ask({ workflowId: 'nobody' })).rejects.toMatchObject({ code: 'WORKFLOW_NOT_FOUND' });
});

it('is told of the run as another server has left it', async () => {
  const far = world.start({ alone: false });
  await plane.close();
  plane = world.start({ alone: false });
  const worker = await new FakeWorker().connect(plane);
  const { runId } = await plane.workflows.startWorkflow(caller, startInput('w'));
  await worker.completeWorkflowTask(await worker.workflowTask());
  await far.workflows.signalWorkflow(caller, {
    namespace,
    workflowId: 'w',
    signalName: 's',
    requestId: 's',
  });
  const task = await worker.workflowTask(1);
  const answer = ask();
  await worker.completeWorkflowTask(task);
  const query = await worker.query();
  expect(query).toMatchObject({ runId, lastStartedEventId: task.startedEventId });
  worker.answer({ queryId: query.queryId, result });
  expect(await answer).toEqual({ kind: 'answered', result });
});
