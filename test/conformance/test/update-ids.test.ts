/** Scenarios 44 and 45: updates that are asked twice, cut off, or come with a start. */
import {
  WithStartWorkflowOperation,
  type WorkflowHandle,
  WorkflowUpdateFailedError,
} from '@perdure/client';
import {
  ApplicationFailure,
  type Workflow,
  WorkflowExecutionAlreadyStartedError,
  WorkflowNotFoundError,
} from '@perdure/common';
import { eventually, rejectionOf } from '@perdure/test-support';
import { expect } from 'vitest';
import { type Scene, shape, useFixture } from './fixture.ts';
import { Gate } from './gate.ts';

const { scenario } = useFixture('updates');

function becomes(handle: WorkflowHandle, wanted: string): Promise<void> {
  return eventually(async () => expect(await shape(handle)).toBe(wanted));
}

/** Ends a run by a signal; with what its result is to be. */
async function finished(handle: WorkflowHandle, result: string): Promise<void> {
  await handle.signal('finish', 'done');
  expect(await handle.result()).toBe(result);
}

scenario('44: the same id is the same update', async ({ env, start }) => {
  const handle = await start('sums');
  await becomes(handle, 'S T');
  const once = { args: [2] as [number], updateId: 'once' };
  expect(await handle.executeUpdate('add', once)).toBe(2);
  expect(await handle.executeUpdate('add', { ...once, args: [3] })).toBe(2);
  const later = { args: [5] as [number], updateId: 'later', waitForStage: 'ACCEPTED' } as const;
  const both = await Promise.all([1, 2].map(() => handle.startUpdate('addLater', later)));
  await env.sleep('1 hour');
  expect(await Promise.all(both.map((update) => update.result()))).toEqual([7, 7]);
  // A refused one is forgotten: the id may come again.
  const refused = handle.executeUpdate('add', { args: [-1], updateId: 'again' });
  expect(await rejectionOf(refused)).toBeInstanceOf(WorkflowUpdateFailedError);
  expect(await handle.executeUpdate('add', { args: [1], updateId: 'again' })).toBe(8);
  expect(await shape(handle)).toBe('S T T Ua Uc T Ua Tm+ Tm! T Uc T Ua Uc');
  await finished(handle, 'done 8');
});

scenario('44: ten are in flight at most', async ({ env, start }) => {
  const handle = await start('sums');
  await becomes(handle, 'S T');
  const accepted = { args: [1] as [number], waitForStage: 'ACCEPTED' } as const;
  const ten = [];
  for (let i = 0; i < 10; i++) ten.push(await handle.startUpdate('addLater', accepted));
  const eleventh = handle.startUpdate('addLater', accepted);
  expect(await rejectionOf(eleventh)).toMatchObject({ code: 'RESOURCE_EXHAUSTED' });
  await env.sleep('1 hour');
  const sums = await Promise.all(ten.map((update) => update.result()));
  expect(sums).toEqual(ten.map((_, i) => i + 1));
  expect(await handle.executeUpdate('add', { args: [1] })).toBe(11);
  await finished(handle, 'done 11');
});

const unfinished = {
  message: 'Workflow Update failed because the Workflow completed before the Update completed.',
  nonRetryable: true,
};

async function expectUnfinished(result: Promise<unknown>): Promise<void> {
  const error = (await rejectionOf(result)) as WorkflowUpdateFailedError;
  expect(error).toBeInstanceOf(WorkflowUpdateFailedError);
  expect(error.cause).toBeInstanceOf(ApplicationFailure);
  expect(error.cause).toMatchObject(unfinished);
}

scenario('44: an accepted update is cut off when the run closes', async ({ start }) => {
  for (const end of ['finish', 'terminate'] as const) {
    const handle = await start('sums');
    await becomes(handle, 'S T');
    const accepted = { args: [1] as [number], waitForStage: 'ACCEPTED' } as const;
    const update = await handle.startUpdate('addLater', accepted);
    const waiting = expectUnfinished(update.result());
    if (end === 'finish') await finished(handle, 'done 0');
    else await handle.terminate();
    await waiting;
    // Asked for later, it says the same.
    await expectUnfinished(handle.getUpdateHandle(update.updateId).result());
    const close = end === 'finish' ? 'Sig T OK' : 'TERM';
    expect(await shape(handle)).toBe(`S T T Ua Tm+ ${close}`);
  }
});

scenario(
  '44: one that nobody has accepted finds nobody',
  async ({ start }) => {
    const handle = await start('sums');
    const update = rejectionOf(handle.executeUpdate('add', { args: [1] }));
    await eventually(async () => {
      expect((await handle.describe()).pendingUpdates).toHaveLength(1);
    });
    await handle.terminate();
    expect(await update).toBeInstanceOf(WorkflowNotFoundError);
    expect(await shape(handle)).toBe('S Ts TERM');
  },
  false,
);

scenario('44: one that is accepted does not follow into the next run', async (scene) => {
  const handle = await scene.start('takesInSecondRun');
  const first = scene.client.workflow.getHandle(handle.workflowId, handle.firstExecutionRunId);
  await becomes(first, 'S T');
  const accepted = { args: [1] as [number], waitForStage: 'ACCEPTED' } as const;
  const update = await handle.startUpdate('addLater', accepted);
  await handle.signal('finish', 'done');
  await expectUnfinished(update.result());
  expect(await shape(first)).toBe('S T T Ua Tm+ Sig T CAN');
});

scenario(
  '44: one that is not is brought before the next run',
  async ({ client, start, whileServedBy }) => {
    const gate = new Gate();
    const handle = await start('takesInSecondRun');
    const current = client.workflow.getHandle(handle.workflowId);
    await whileServedBy(
      'updates',
      async () => {
        await becomes(handle, 'S T');
        // The task that continues as new is under way when the update comes.
        gate.close();
        await handle.signal('finish', 'done');
        await eventually(() => expect(gate.waiting).toBeGreaterThan(0));
        const update = handle.executeUpdate('add', { args: [4] });
        await eventually(async () => {
          expect((await handle.describe()).pendingUpdates).toHaveLength(1);
        });
        gate.open();
        expect(await update).toBe(4);
        await current.signal('finish', 'done');
        expect(await handle.result()).toBe(4);
      },
      { dataConverter: { payloadCodecs: [gate] } },
    );
    const first = client.workflow.getHandle(handle.workflowId, handle.firstExecutionRunId);
    expect(await shape(first)).toBe('S T Sig T CAN');
    expect(await shape(current)).toBe('S T Ua Uc Sig T OK');
  },
  false,
);

scenario('44: the last task may do both', async ({ start }) => {
  const handle = await start('sums');
  await becomes(handle, 'S T');
  const finishing = handle.executeUpdate('finishBy', { args: ['update'] });
  expect(await finishing).toBe('finishing update');
  expect(await handle.result()).toBe('update 0');
  expect(await shape(handle)).toBe('S T T Ua Uc OK');
});

function withStart(
  { taskQueue }: Scene,
  workflowId: string,
  options: object = {},
): WithStartWorkflowOperation<Workflow> {
  return new WithStartWorkflowOperation('sums', {
    taskQueue,
    workflowId,
    workflowIdConflictPolicy: 'USE_EXISTING',
    ...options,
  });
}

scenario('45: an update with a start', async (scene) => {
  const workflowId = scene.id();
  const { workflow } = scene.client;
  const begun = withStart(scene, workflowId);
  const two = { args: [2] as [number], startWorkflowOperation: begun };
  expect(await workflow.executeUpdateWithStart('add', two)).toBe(2);
  const handle = await begun.workflowHandle();
  expect(await shape(handle)).toBe('S T Ua Uc');
  const used = withStart(scene, workflowId);
  const three = { args: [3] as [number], startWorkflowOperation: used };
  expect(await workflow.executeUpdateWithStart('add', three)).toBe(5);
  expect((await used.workflowHandle()).runId).toBe(handle.runId);
  expect(await shape(handle)).toBe('S T Ua Uc T Ua Uc');
  await finished(handle, 'done 5');
});

scenario('45: an update with a start, accepted and not yet done', async (scene) => {
  const startWorkflowOperation = withStart(scene, scene.id());
  const { workflow } = scene.client;
  const update = await workflow.startUpdateWithStart('addLater', {
    args: [2] as [number],
    waitForStage: 'ACCEPTED',
    startWorkflowOperation,
  });
  const handle = await startWorkflowOperation.workflowHandle();
  expect(await shape(handle)).toBe('S T Ua Tm+');
  await scene.env.sleep('1 hour');
  expect(await update.result()).toBe(2);
  expect(await shape(handle)).toBe('S T Ua Tm+ Tm! T Uc');
  await finished(handle, 'done 2');
});

scenario('45: neither without the other', async (scene) => {
  const workflowId = scene.id();
  const { workflow } = scene.client;
  const open = await scene.start('sums', [], { workflowId });
  await becomes(open, 'S T');
  const start = withStart(scene, workflowId, { workflowIdConflictPolicy: 'FAIL' });
  const two = { args: [2] as [number], startWorkflowOperation: start };
  const refused = workflow.executeUpdateWithStart('add', two);
  expect(await rejectionOf(refused)).toBeInstanceOf(WorkflowExecutionAlreadyStartedError);
  expect(await rejectionOf(start.workflowHandle())).toBeInstanceOf(
    WorkflowExecutionAlreadyStartedError,
  );
  expect(await shape(open)).toBe('S T');
  await finished(open, 'done 0');

  const begun = withStart(scene, scene.id());
  const negative = { args: [-1] as [number], startWorkflowOperation: begun };
  const failed = await rejectionOf(workflow.executeUpdateWithStart('add', negative));
  expect(failed).toBeInstanceOf(WorkflowUpdateFailedError);
  expect(failed.cause).toMatchObject({ message: '-1 is negative', type: 'RangeError' });
  expect(await shape(await begun.workflowHandle())).toBe('S T');
});
