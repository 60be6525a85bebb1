/** Scenarios 56, 58, 59: runs terminated, workflow ids used again, starts delayed. */
import { WorkflowFailedError, type WorkflowHandle } from '@perdure/client';
import {
  CancelledFailure,
  RetryState,
  TerminatedFailure,
  WorkflowExecutionAlreadyStartedError,
  WorkflowNotFoundError,
} from '@perdure/common';
import { eventsOf, eventually, rejectionOf } from '@perdure/test-support';
import { expect } from 'vitest';
import { type Scene, historyOf, shape, useFixture } from './fixture.ts';

const DAY = 24 * 3_600_000;
const held: { entered: () => void; left: Promise<void> }[] = [];

async function hold(): Promise<void> {
  const gate = held.shift();
  gate?.entered();
  await gate?.left;
}

const { scenario } = useFixture('ids', { hold });

async function failureOf(handle: WorkflowHandle): Promise<WorkflowFailedError> {
  const error = await rejectionOf(handle.result());
  expect(error).toBeInstanceOf(WorkflowFailedError);
  return error as WorkflowFailedError;
}

/** Waits until the run sleeps or listens. */
function idle(handle: WorkflowHandle, wanted: string): Promise<void> {
  return eventually(async () => expect(await shape(handle)).toBe(wanted));
}

scenario('56: a run is terminated', async ({ start }) => {
  const handle = await start('sleeps');
  await idle(handle, 'S T Tm+');
  await handle.terminate('enough', 'detail', 2);
  const error = await failureOf(handle);
  expect(error.message).toBe('enough');
  expect(error.retryState).toBe(RetryState.NON_RETRYABLE_FAILURE);
  expect(error.cause).toBeInstanceOf(TerminatedFailure);
  expect(error.cause?.message).toBe('enough');
  expect(await shape(handle)).toBe('S T Tm+ TERM');
  const [terminated] = eventsOf(await historyOf(handle), 'WorkflowExecutionTerminated');
  expect(terminated?.attributes.reason).toBe('enough');
  expect(terminated?.attributes.details).toBeDefined();
  // There is nobody left to be told anything.
  const calls = [
    () => handle.terminate('again'),
    () => handle.cancel(),
    () => handle.signal('told', 'x'),
  ];
  for (const call of calls) expect(await rejectionOf(call())).toBeInstanceOf(WorkflowNotFoundError);
});

scenario('56: without a reason, and while a task runs', async ({ start }) => {
  let leave: () => void = () => {};
  const left = new Promise<void>((resolve) => (leave = resolve));
  const entered = new Promise<void>((resolve) => held.push({ entered: resolve, left }));
  const handle = await start('holds');
  await entered;
  await handle.terminate();
  const error = await failureOf(handle);
  expect(error.message).toBe('Workflow execution terminated');
  expect(error.cause).toBeInstanceOf(TerminatedFailure);
  expect(await shape(handle)).toBe('S Tf TERM');
  const [failed] = eventsOf(await historyOf(handle), 'WorkflowTaskFailed');
  expect(failed?.attributes.cause).toBe('FORCE_CLOSE_COMMAND');
  leave();
});

scenario(
  '56: before any worker has seen it',
  async ({ start }) => {
    const handle = await start('sleeps');
    await handle.terminate('too late');
    expect((await failureOf(handle)).message).toBe('too late');
    expect(await shape(handle)).toBe('S Ts TERM');
  },
  false,
);

scenario('58: an open run and the conflict policies', async ({ start, id }) => {
  const workflowId = id();
  const open = await start('sleeps', [], { workflowId });
  for (const workflowIdConflictPolicy of [undefined, 'FAIL']) {
    const again = start('sleeps', [], { workflowId, workflowIdConflictPolicy });
    const error = (await rejectionOf(again)) as WorkflowExecutionAlreadyStartedError;
    expect(error).toBeInstanceOf(WorkflowExecutionAlreadyStartedError);
    expect(error).toMatchObject({
      message: 'Workflow execution already started',
      workflowId,
      workflowType: 'sleeps',
    });
  }
  const used = await start('ends', ['fails'], {
    workflowId,
    workflowIdConflictPolicy: 'USE_EXISTING',
  });
  expect(used.firstExecutionRunId).toBe(open.firstExecutionRunId);
  expect(await used.result()).toBe('slept');
  expect(await shape(open)).toBe('S T Tm+ Tm! T OK');
});

scenario('58: an open run makes way', async ({ client, start, id }) => {
  const workflowId = id();
  for (const policy of [
    { workflowIdConflictPolicy: 'TERMINATE_EXISTING' },
    { workflowIdReusePolicy: 'TERMINATE_IF_RUNNING' },
  ]) {
    const open = await start('sleeps', [], { workflowId });
    await idle(open, 'S T Tm+');
    const next = await start('ends', ['returns'], { workflowId, ...policy });
    expect(next.firstExecutionRunId).not.toBe(open.firstExecutionRunId);
    const old = client.workflow.getHandle(workflowId, open.firstExecutionRunId);
    expect((await failureOf(old)).cause).toBeInstanceOf(TerminatedFailure);
    expect(await shape(old)).toBe('S T Tm+ TERM');
    expect(await next.result()).toBe('returns');
    expect(await shape(next)).toBe('S T OK');
  }
});

scenario('58: a closed run and the reuse policies', async ({ start, id }) => {
  const policies = ['ALLOW_DUPLICATE', 'ALLOW_DUPLICATE_FAILED_ONLY', 'REJECT_DUPLICATE'];
  const allowed = { returns: ['ALLOW_DUPLICATE'], fails: policies.slice(0, 2) };
  for (const how of ['returns', 'fails'] as const) {
    for (const workflowIdReusePolicy of policies) {
      const workflowId = id();
      const first = await start('ends', [how], { workflowId });
      await first.result().catch(() => {});
      const again = start('ends', ['returns'], { workflowId, workflowIdReusePolicy });
      if (allowed[how].includes(workflowIdReusePolicy)) {
        expect(await (await again).result()).toBe('returns');
      } else {
        expect(await rejectionOf(again)).toBeInstanceOf(WorkflowExecutionAlreadyStartedError);
      }
    }
  }
});

scenario('59: a start waits for its delay', async ({ env, start }) => {
  const begun = await env.currentTimeMs();
  const handle = await start('tellsTime', [], { startDelay: '1 day' });
  expect(await shape(handle)).toBe('S');
  expect((await handle.describe()).status.name).toBe('RUNNING');
  expect(Number(await handle.result()) - begun).toBeGreaterThanOrEqual(DAY);
  expect(await shape(handle)).toBe('S T OK');
  const [first] = await historyOf(handle);
  expect(first?.attributes).toMatchObject({ firstWorkflowTaskBackoffMs: DAY });
});

scenario('59: a signal ends the delay', async ({ start }) => {
  const handle = await start('listens', [], { startDelay: '1 day' });
  await handle.signal('told', 'get up');
  await eventually(async () => {
    expect((await handle.describe()).status.name).toBe('COMPLETED');
  });
  expect(await handle.result()).toBe('get up');
  expect(await shape(handle)).toMatch(/^S (Sig T|Ts Sig Tst Tc) OK$/);
});

async function signalWithStart(scene: Scene, workflowId: string, word: string) {
  return scene.client.workflow.signalWithStart('listens', {
    taskQueue: scene.taskQueue,
    workflowId,
    startDelay: '1 day',
    signal: 'told',
    signalArgs: [word],
  });
}

scenario('59: begun by signalWithStart, only another one ends the delay', async (scene) => {
  const workflowId = scene.id();
  const handle = await signalWithStart(scene, workflowId, 'first');
  await handle.signal('told', 'second');
  expect(await shape(handle)).toBe('S Sig Sig');
  const again = await signalWithStart(scene, workflowId, 'third');
  expect(again.signaledRunId).toBe(handle.signaledRunId);
  await eventually(async () => {
    expect((await handle.describe()).status.name).toBe('COMPLETED');
  });
  expect(await handle.result()).toBe('first');
  expect(await shape(handle)).toBe('S Sig Sig Sig T OK');
});

scenario('59: cancelled before its first task', async ({ env, start }) => {
  const begun = await env.currentTimeMs();
  const handle = await start('sleeps', [], { startDelay: '1 day' });
  await handle.cancel();
  expect(await shape(handle)).toBe('S CR');
  const error = await failureOf(handle);
  expect(error.message).toBe('Workflow execution cancelled');
  expect(error.cause).toBeInstanceOf(CancelledFailure);
  expect(await shape(handle)).toBe('S CR T CANCELED');
  expect((await env.currentTimeMs()) - begun).toBeGreaterThanOrEqual(DAY);
});

scenario('59: not together with cron', async ({ start }) => {
  const both = start('sleeps', [], { startDelay: '1 day', cronSchedule: '0 * * * *' });
  expect(await rejectionOf(both)).toMatchObject({ code: 'INVALID_ARGUMENT' });
});
