/** A description takes no more of the server than its run, whatever workers have said. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { unservedBy } from '../src/operations/describe-workflow/unserved.ts';
import { FakeWorker, schedule } from './fake-worker.ts';
import { World, callerOf, startInput } from './test-plane.ts';

let world: World;
beforeEach(() => {
  world = new World();
});
afterEach(() => world.close());

const caller = callerOf();
const { namespace } = caller;

test('many types of many workers are looked through once, and not all are listed', async () => {
  const plane = world.start();
  const worker = await new FakeWorker().connect(plane);
  await plane.workflows.startWorkflow(caller, startInput('w'));
  const activities = Array.from({ length: 500 }, (_, i) =>
    schedule(`a${i}`, { taskQueue: 'other' }),
  );
  await worker.completeWorkflowTask(await worker.workflowTask(), ...activities);
  const activityTypes = Array.from({ length: 2_000 }, (_, i) => `${i}${'x'.repeat(100)}`);
  const hello = { taskQueue: 'other', workflowTypes: [], workflowCredit: 0, activityCredit: 0 };
  await new FakeWorker().connect(plane, { ...hello, activityTypes });
  const described = await plane.workflows.describeWorkflow(caller, { namespace, workflowId: 'w' });
  expect(described.pendingActivities).toHaveLength(500);
  const [{ unserved } = {}] = described.pendingActivities;
  expect(unserved).toContain("has the activity type 'test'");
  expect(unserved).toContain('and 1980 more');
  expect(unserved!.length).toBeLessThan(5_000);
});

test('each queue is asked once for the types it serves', () => {
  const asked: string[] = [];
  const unserved = unservedBy({
    alone: true,
    typesServed: ({ taskQueue, kind }) => {
      asked.push(`${taskQueue} ${kind}`);
      return new Set(['known']);
    },
  });
  for (let i = 0; i < 3; i++) {
    const queue = { namespaceId: 1, taskQueue: 'q' };
    expect(unserved({ ...queue, kind: 'activity' }, 'known')).toBeUndefined();
    expect(unserved({ ...queue, kind: 'activity' }, 'other')).toContain('they have: known');
    expect(unserved({ ...queue, kind: 'workflow' }, 'known')).toBeUndefined();
  }
  expect(asked).toEqual(['q activity', 'q workflow']);
});
