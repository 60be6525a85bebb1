/** A run that asks for what no worker serves says so. */
import { expect } from 'vitest';
import { useFixture } from './fixture.ts';

const { scenario } = useFixture('children');

scenario('a workflow type that no worker has', async ({ start }) => {
  const handle = await start('unheardOf');
  const { pendingWorkflowTask } = await handle.describe();
  expect(pendingWorkflowTask?.unserved).toMatch(
    /has the workflow type 'unheardOf'; they have: .*echo/,
  );
  await handle.terminate();
});

scenario(
  'a task queue without a worker',
  async ({ start, taskQueue }) => {
    const handle = await start('echo');
    const { pendingWorkflowTask } = await handle.describe();
    expect(pendingWorkflowTask?.unserved).toContain(`no worker of task queue '${taskQueue}'`);
    await handle.terminate();
  },
  false,
);

scenario('what a worker serves', async ({ start }) => {
  const handle = await start('sleeps');
  const { pendingWorkflowTask, pendingActivities } = await handle.describe();
  expect([pendingWorkflowTask?.unserved, ...pendingActivities]).toEqual([undefined]);
  await handle.terminate();
});
