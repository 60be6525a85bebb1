/** Word of an update is word of the run that has it. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { DataPlane } from '../src/index.ts';
import { FakeWorker, settle, tokenOf } from './fake-worker.ts';
import { World, callerOf, startInput } from './test-plane.ts';

let world: World;
beforeEach(() => {
  world = new World();
});
afterEach(() => world.close());

const caller = callerOf();
const { namespace } = caller;
const again = { commandType: 'ContinueAsNewWorkflowExecution' } as const;
const accept = { commandType: 'AcceptUpdate', updateId: 'u' } as const;
const complete = { commandType: 'CompleteUpdate', updateId: 'u' } as const;

const bring = (plane: DataPlane) =>
  plane.workflows.updateWorkflow(
    caller,
    { namespace, workflowId: 'w', updateId: 'u', updateName: 'n', waitForStage: 'ACCEPTED' },
    undefined,
  );

test('the run before had an update of the same id, and is not credited with this one', async () => {
  const plane = world.start();
  const { workflows } = plane;
  const worker = await new FakeWorker().connect(plane);
  const { runId: before } = await workflows.startWorkflow(caller, startInput('w'));
  await worker.completeWorkflowTask(await worker.workflowTask());
  const first = bring(plane);
  await worker.completeWorkflowTask(await worker.workflowTask(1), accept, again);
  await first;
  world.skew += 10_000;
  const second = bring(plane);
  const task = await worker.workflowTask(2);
  expect(task.runId).not.toBe(before);
  let store = () => {};
  world.store.beforeCommit = () => new Promise<void>((resolve) => (store = resolve));
  worker.report({
    kind: 'workflowTaskCompleted',
    token: tokenOf(task),
    commands: task.updates ? [accept, complete] : [],
  });
  await settle();
  // Asked while the commit that completes the other one is under way.
  const wait = { namespace, workflowId: 'w', updateId: 'u', waitForStage: 'COMPLETED' } as const;
  const polled = workflows.pollUpdate(caller, { ...wait, runId: before }, undefined);
  await settle();
  world.store.beforeCommit = () => {};
  store();
  expect(task.updates).toHaveLength(1);
  expect(await second).toMatchObject({ stage: 'COMPLETED', outcome: { kind: 'success' } });
  expect(await polled).toMatchObject({
    runId: before,
    outcome: { kind: 'failure', failure: { info: { type: 'AcceptedUpdateCompletedWorkflow' } } },
  });
});
