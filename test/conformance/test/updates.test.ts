/** Scenarios 41–43: updates that are taken, refused, or fail. */
import { type WorkflowHandle, WorkflowUpdateFailedError } from '@perdure/client';
import { ApplicationFailure, WorkflowNotFoundError } from '@perdure/common';
import { eventually, rejectionOf } from '@perdure/test-support';
import { expect } from 'vitest';
import { shape, useFixture } from './fixture.ts';
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

scenario('41: an update is taken and done in one task', async ({ start }) => {
  const handle = await start('sums');
  await becomes(handle, 'S T');
  expect(await handle.executeUpdate('add', { args: [2] })).toBe(2);
  expect(await shape(handle)).toBe('S T T Ua Uc');
  expect(await handle.executeUpdate('add', { args: [3] })).toBe(5);
  await finished(handle, 'done 5');
  expect(await shape(handle)).toBe('S T T Ua Uc T Ua Uc Sig T OK');
});

scenario('41: an update that takes its time', async ({ env, start }) => {
  const handle = await start('sums');
  await becomes(handle, 'S T');
  const args: [number] = [2];
  const update = await handle.startUpdate('addLater', { args, waitForStage: 'ACCEPTED' });
  expect(await shape(handle)).toBe('S T T Ua Tm+');
  await env.sleep('1 hour');
  expect(await update.result()).toBe(2);
  expect(await handle.getUpdateHandle(update.updateId).result()).toBe(2);
  expect(await shape(handle)).toBe('S T T Ua Tm+ Tm! T Uc');
  await finished(handle, 'done 2');
});

scenario(
  '41: an update before the first task',
  async ({ start, whileServedBy }) => {
    const handle = await start('tellsOrder');
    const update = handle.executeUpdate('finishBy', { args: ['x'] });
    await eventually(async () => {
      expect((await handle.describe()).pendingUpdates).toHaveLength(1);
    });
    await whileServedBy('updates', async () => {
      const order = ['main begins', 'x begins', 'main goes on', 'x goes on'];
      expect(await update).toBe(order.join(', '));
      expect(await handle.result()).toEqual(order);
    });
    expect(await shape(handle)).toBe('S T Ua Uc OK');
  },
  false,
);

scenario('42: a refused update leaves nothing', async ({ start }) => {
  const handle = await start('sums');
  await becomes(handle, 'S T');
  for (const update of ['add', 'addLater']) {
    const asked = handle.executeUpdate(update, { args: [-1] });
    const error = (await rejectionOf(asked)) as WorkflowUpdateFailedError;
    expect(error).toBeInstanceOf(WorkflowUpdateFailedError);
    expect(error.message).toBe('Workflow Update failed');
    expect(error.cause).toBeInstanceOf(ApplicationFailure);
    expect(error.cause).toMatchObject({ message: '-1 is negative', type: 'RangeError' });
  }
  expect(await shape(handle)).toBe('S T');
  expect(await handle.executeUpdate('add', { args: [1] })).toBe(1);
  await finished(handle, 'done 1');
  expect(await shape(handle)).toBe('S T T Ua Uc Sig T OK');
});

scenario(
  '42: of a refused update in a task for other things only the task remains',
  async ({ start, whileServedBy }) => {
    const handle = await start('sums');
    await whileServedBy('updates', () => becomes(handle, 'S T'));
    await handle.signal('nobodyListens');
    const refused = rejectionOf(handle.executeUpdate('add', { args: [-1] }));
    await eventually(async () => {
      expect((await handle.describe()).pendingUpdates).toHaveLength(1);
    });
    await whileServedBy('updates', async () => {
      expect(await refused).toBeInstanceOf(WorkflowUpdateFailedError);
    });
    expect(await shape(handle)).toBe('S T Sig T');
  },
  false,
);

scenario(
  '42: and no signal that comes while it is refused is lost',
  async ({ start, whileServedBy }) => {
    const gate = new Gate();
    const handle = await start('sums');
    await whileServedBy(
      'updates',
      async () => {
        await becomes(handle, 'S T');
        gate.close();
        const refused = rejectionOf(handle.executeUpdate('add', { args: [-1] }));
        await eventually(() => expect(gate.waiting).toBeGreaterThan(0));
        await handle.signal('finish', 'heard');
        gate.open();
        expect(await refused).toBeInstanceOf(WorkflowUpdateFailedError);
        expect(await handle.result()).toBe('heard 0');
      },
      { dataConverter: { payloadCodecs: [gate] } },
    );
    // Because of the signal, the task that refused the update keeps its events.
    expect(await shape(handle)).toBe('S T T Sig T OK');
  },
  false,
);

scenario('43: an update that fails', async ({ start }) => {
  const handle = await start('sums');
  await becomes(handle, 'S T');
  const failing = handle.executeUpdate('fails', { args: ['failure'] });
  const error = (await rejectionOf(failing)) as WorkflowUpdateFailedError;
  expect(error).toBeInstanceOf(WorkflowUpdateFailedError);
  expect(error.cause).toBeInstanceOf(ApplicationFailure);
  expect(error.cause).toMatchObject({ message: 'meant to', type: 'Meant', details: [0] });
  expect(await shape(handle)).toBe('S T T Ua Uc');
  await finished(handle, 'done 0');
});

scenario('43: any other error fails the task, and the caller waits on', async ({ start }) => {
  const handle = await start('sums');
  await becomes(handle, 'S T');
  const failing = rejectionOf(
    handle.executeUpdate('fails', { args: ['error'], updateId: 'failing' }),
  );
  await becomes(handle, 'S T Tf');
  expect((await handle.describe()).pendingUpdates).toMatchObject([{ updateId: 'failing' }]);
  await handle.terminate('it will never end');
  expect(await failing).toBeInstanceOf(WorkflowNotFoundError);
  expect(await shape(handle)).toBe('S T Tf TERM');
});

scenario('43: an update that fails after it was accepted', async ({ env, start }) => {
  const handle = await start('sums');
  await becomes(handle, 'S T');
  const failing = await handle.startUpdate('failsLater', {
    args: ['failure'],
    waitForStage: 'ACCEPTED',
  });
  await env.sleep('1 hour');
  const error = (await rejectionOf(failing.result())) as WorkflowUpdateFailedError;
  expect(error).toBeInstanceOf(WorkflowUpdateFailedError);
  expect(error.cause).toMatchObject({ message: 'meant to', type: 'Meant', details: [0] });
  expect(await shape(handle)).toBe('S T T Ua Tm+ Tm! T Uc');

  const args: ['error'] = ['error'];
  const stuck = await handle.startUpdate('failsLater', { args, waitForStage: 'ACCEPTED' });
  const waiting = rejectionOf(stuck.result());
  await env.sleep('1 hour');
  await becomes(handle, 'S T T Ua Tm+ Tm! T Uc T Ua Tm+ Tm! Tf');
  await handle.terminate('it will never end');
  // It was accepted: somebody has begun to do something about it.
  expect(await waiting).toBeInstanceOf(WorkflowUpdateFailedError);
});

scenario('43: an update that nobody handles', async ({ start }) => {
  const handle = await start('sums');
  await becomes(handle, 'S T');
  const asked = handle.executeUpdate('nobodyHandlesIt', { args: [] });
  const error = (await rejectionOf(asked)) as WorkflowUpdateFailedError;
  expect(error).toBeInstanceOf(WorkflowUpdateFailedError);
  expect(error.cause).toBeInstanceOf(ApplicationFailure);
  expect(error.cause).toMatchObject({
    message: 'No registered handler for update: nobodyHandlesIt',
    nonRetryable: true,
  });
  expect(await shape(handle)).toBe('S T');
  await finished(handle, 'done 0');
});
