/** Scenarios 36–38: signals, early and late, with a start, and handlers that fail. */
import { WorkflowFailedError, type WorkflowHandle } from '@perdure/client';
import {
  ApplicationFailure,
  TerminatedFailure,
  WorkflowExecutionAlreadyStartedError,
  WorkflowNotFoundError,
} from '@perdure/common';
import { eventsOf, eventually, rejectionOf } from '@perdure/test-support';
import { expect } from 'vitest';
import { type Scene, historyOf, shape, useFixture } from './fixture.ts';

const { scenario } = useFixture('signals');

function becomes(handle: WorkflowHandle, wanted: string): Promise<void> {
  return eventually(async () => expect(await shape(handle)).toBe(wanted));
}

scenario(
  '36: a signal before the first task',
  async ({ start, whileServedBy }) => {
    const handle = await start('tellsOrder');
    await handle.signal('told', 'x');
    expect(await whileServedBy('signals', () => handle.result())).toEqual([
      'main begins',
      'x begins',
      'main goes on',
      'x goes on',
    ]);
    expect(await shape(handle)).toBe('S Ts Sig Tst Tc OK');
  },
  false,
);

function signalWithStart(scene: Scene, workflowId: string, word: string, options: object = {}) {
  return scene.client.workflow.signalWithStart('listens', {
    taskQueue: scene.taskQueue,
    workflowId,
    signal: 'told',
    signalArgs: [word],
    ...options,
  });
}

scenario('37: a signal with a start', async (scene) => {
  const workflowId = scene.id();
  const begun = await signalWithStart(scene, workflowId, 'first');
  await becomes(begun, 'S Sig T');
  const used = await signalWithStart(scene, workflowId, 'last');
  expect(used.signaledRunId).toBe(begun.signaledRunId);
  expect(await used.result()).toBe('first last');
  expect(await shape(begun)).toBe('S Sig T Sig T OK');
  const next = await signalWithStart(scene, workflowId, 'last');
  expect(next.signaledRunId).not.toBe(begun.signaledRunId);
  expect(await next.result()).toBe('last');
  expect(await shape(next)).toBe('S Sig T OK');
});

scenario('37: and the id policies', async (scene) => {
  const workflowId = scene.id();
  const open = await signalWithStart(scene, workflowId, 'first');
  const old = scene.client.workflow.getHandle(workflowId, open.signaledRunId);
  await becomes(old, 'S Sig T');
  const replacing = { workflowIdConflictPolicy: 'TERMINATE_EXISTING' };
  const next = await signalWithStart(scene, workflowId, 'last', replacing);
  expect(next.signaledRunId).not.toBe(open.signaledRunId);
  expect(await next.result()).toBe('last');
  const error = (await rejectionOf(old.result())) as WorkflowFailedError;
  expect(error.cause).toBeInstanceOf(TerminatedFailure);
  expect(await shape(old)).toBe('S Sig T TERM');

  for (const workflowIdReusePolicy of ['REJECT_DUPLICATE', 'ALLOW_DUPLICATE_FAILED_ONLY']) {
    const refused = signalWithStart(scene, workflowId, 'x', { workflowIdReusePolicy });
    expect(await rejectionOf(refused)).toBeInstanceOf(WorkflowExecutionAlreadyStartedError);
  }
  const failing = signalWithStart(scene, scene.id(), 'x', { workflowIdConflictPolicy: 'FAIL' });
  expect(await rejectionOf(failing)).toMatchObject({ code: 'INVALID_ARGUMENT' });
});

/**
 * By when the handler fails. One that fails at once does so again before a later signal is heard;
 * one that fails later hears it first.
 */
const shapes = {
  fails: { failure: 'S T Sig T FAIL', error: 'S T Sig Tf', told: 'S T Sig Tf Sig Tf' },
  failsLater: {
    failure: 'S T Sig T Tm+ Tm! T FAIL',
    error: 'S T Sig T Tm+ Tm! Tf',
    told: 'S T Sig T Tm+ Tm! Tf Sig T OK',
  },
} as const;

for (const [signal, wanted] of Object.entries(shapes)) {
  const where = signal === 'fails' ? 'a handler' : 'an async handler';
  scenario(`38: ${where} throws a failure`, async ({ start }) => {
    const handle = await start('failsWhenTold');
    await becomes(handle, 'S T');
    await handle.signal(signal, 'failure');
    const error = (await rejectionOf(handle.result())) as WorkflowFailedError;
    expect(error).toBeInstanceOf(WorkflowFailedError);
    expect(error.cause).toBeInstanceOf(ApplicationFailure);
    expect(error.cause).toMatchObject({ message: 'told to', type: 'Told' });
    expect(await shape(handle)).toBe(wanted.failure);
  });

  scenario(`38: ${where} throws another error`, async ({ env, start }) => {
    const handle = await start('failsWhenTold');
    await becomes(handle, 'S T');
    await handle.signal(signal, 'error');
    if (signal === 'failsLater') await env.sleep('1 hour');
    await becomes(handle, wanted.error);
    const [failed] = eventsOf(await historyOf(handle), 'WorkflowTaskFailed');
    expect(failed?.attributes.cause).toBe('WORKFLOW_WORKER_UNHANDLED_FAILURE');
    await handle.signal('told', 'mended');
    await becomes(handle, wanted.told);
    if (signal === 'failsLater') expect(await handle.result()).toBe('mended');
    else await handle.terminate();
  });
}

scenario('38: a signal to a workflow that has closed, or never was', async ({ start, client }) => {
  const handle = await start('listens');
  await handle.signal('told', 'last');
  expect(await handle.result()).toBe('last');
  for (const nobody of [handle, client.workflow.getHandle('nobody')]) {
    const error = await rejectionOf(nobody.signal('told', 'too late'));
    expect(error).toBeInstanceOf(WorkflowNotFoundError);
    expect(error).toMatchObject({ workflowId: nobody.workflowId });
  }
});
