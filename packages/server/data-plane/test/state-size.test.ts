/** What a run keeps in its state is limited: everything that happens to it writes the state anew. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { FakeWorker, schedule } from './fake-worker.ts';
import { World, callerOf, historyOf, startInput } from './test-plane.ts';

let world: World;
beforeEach(() => {
  world = new World();
});
afterEach(() => world.close());

const caller = callerOf();
const { namespace } = caller;
const MIB = 1024 * 1024;

/** A run whose activities have reported progress of a size. */
async function withProgress(activities: number, bytes: number) {
  const plane = world.start();
  const worker = await new FakeWorker().connect(plane);
  await plane.workflows.startWorkflow(caller, startInput('w'));
  const ids = Array.from({ length: activities }, (_, i) => `a${i}`);
  const [n] = worker.report({
    kind: 'workflowTaskCompleted',
    token: await worker.workflowTask(),
    commands: ids.map((id) => schedule(id)),
  });
  await worker.ack(n!);
  for (let i = 0; i < activities; i++) {
    const details = new Uint8Array(bytes);
    const { workflowId, runId } = await worker.workflowTask();
    const token = { workflowId, runId, scheduledEventId: 5 + i, attempt: 1 };
    worker.connection!.heartbeat([{ token, details }]);
    await plane.workflows.describeWorkflow(caller, { namespace, workflowId });
  }
  return plane;
}

const statusOf = async (plane: Awaited<ReturnType<typeof withProgress>>) => {
  const call = { namespace, workflowId: 'w', signalName: 's', requestId: 'r' };
  await plane.workflows.signalWorkflow(caller, call).catch(() => {});
  const described = await plane.workflows.describeWorkflow(caller, call);
  return described.status;
};

test('a run whose activities report megabytes is terminated, and says why', async () => {
  const plane = await withProgress(5, 2 * MIB - 1);
  await vi.waitFor(async () => expect(await statusOf(plane)).toBe('TERMINATED'));
  expect((await historyOf(plane, 'w')).at(-1)).toMatchObject({
    attributes: { reason: 'Workflow mutable state size exceeds limit.' },
  });
});

test('one whose activities report less is not', async () => {
  expect(await statusOf(await withProgress(5, MIB))).toBe('RUNNING');
});
