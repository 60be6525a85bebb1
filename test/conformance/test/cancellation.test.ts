/** Scenarios 21–28: cancellation of workflows and of what they do. */
import type { WorkflowHandle } from '@perdure/client';
import { eventsOf, eventually } from '@perdure/test-support';
import { expect } from 'vitest';
import { chainFrom } from './chain.ts';
import { historyOf, shape, useFixture } from './fixture.ts';
import { scriptedActivity } from './scripted-activity.ts';

const fixture = useFixture('cancellation', { act: scriptedActivity(() => fixture.env) });
const { scenario } = fixture;

const asked = [
  'WorkflowFailedError: Workflow execution cancelled [NON_RETRYABLE_FAILURE]',
  'CancelledFailure: Workflow canceled',
];
const activityCancelled = [
  'ActivityFailure: Activity cancelled [act 1, CANCEL_REQUESTED]',
  'CancelledFailure: ',
];

/** Resolves once a history has grown so far. */
const comesTo = (handle: WorkflowHandle, wanted: string) =>
  eventually(async () => expect(await shape(handle)).toBe(wanted));

/** Resolves once an activity runs. */
const runs = (handle: WorkflowHandle) =>
  eventually(async () => {
    const { pendingActivities } = await handle.describe();
    expect(pendingActivities[0]?.state).toBe('STARTED');
  });

scenario('21: a client cancels, and the workflow lets it', async ({ start }) => {
  const handle = await start('sleepsADay');
  await comesTo(handle, 'S T Tm+');
  await handle.cancel('enough');
  expect(await chainFrom(handle.result())).toEqual(asked);
  expect(await shape(handle)).toBe('S T Tm+ CR T Tm- CANCELED');
  expect((await handle.describe()).status.name).toBe('CANCELLED');
  const [request] = eventsOf(await historyOf(handle), 'WorkflowExecutionCancelRequested');
  expect(request?.attributes).toMatchObject({ cause: 'enough' });
});

scenario('21: a second request changes nothing', async ({ start }) => {
  const handle = await start('sleepsADay');
  await comesTo(handle, 'S T Tm+');
  await Promise.all([handle.cancel(), handle.cancel(), handle.cancel()]);
  expect(await chainFrom(handle.result())).toEqual(asked);
  expect(await shape(handle)).toBe('S T Tm+ CR T Tm- CANCELED');
});

scenario('21: any cancellation will do after a request', async ({ start }) => {
  const handle = await start('throwsItsOwn');
  await comesTo(handle, 'S T Tm+');
  await handle.cancel();
  expect(await chainFrom(handle.result())).toEqual(asked);
  expect(await shape(handle)).toBe('S T Tm+ CR T Tm- CANCELED');
});

scenario('21: so will that of an activity', async ({ start }) => {
  const handle = await start('awaitsActivity', [{}, 'confirms cancellation']);
  await runs(handle);
  await handle.cancel();
  expect(await chainFrom(handle.result())).toEqual(asked);
  expect(await shape(handle)).toBe('S T As CR T Acr CANCELED');
});

scenario('21: a cancellation that nobody asked for is a failure', async ({ start }) => {
  const handle = await start('cancelsItself');
  expect(await chainFrom(handle.result())).toEqual([
    'WorkflowFailedError: Workflow execution failed [RETRY_POLICY_NOT_SET]',
    'CancelledFailure: on a whim',
  ]);
  expect(await shape(handle)).toBe('S T FAIL');
});

scenario('22: TRY_CANCEL rejects at once', async ({ start }) => {
  const handle = await start('cancelsOnSignal', [{}, 'confirms cancellation']);
  await runs(handle);
  await handle.signal('go');
  expect(await handle.result()).toEqual(activityCancelled);
  expect(await shape(handle)).toBe('S T As Sig T Acr OK');
});

scenario('22: what comes of the activity later is not heard', async ({ start }) => {
  const handle = await start('ignoresLateOutcome', ['ignores cancellation']);
  await runs(handle);
  await handle.signal('go');
  expect(await handle.result()).toEqual(activityCancelled);
  expect(await shape(handle)).toBe('S T As Sig T Acr Tm+ Ast Ac T Tm! T OK');
});

const waits = { cancellationType: 'WAIT_CANCELLATION_COMPLETED' };

scenario('23: WAIT_CANCELLATION_COMPLETED waits for the activity', async ({ start }) => {
  const handle = await start('cancelsOnSignal', [waits, 'confirms cancellation']);
  await runs(handle);
  await handle.signal('go');
  expect(await handle.result()).toEqual(activityCancelled);
  expect(await shape(handle)).toBe('S T As Sig T Acr Ast Acn T OK');
});

scenario('23: an activity may return although it was cancelled', async ({ start }) => {
  const handle = await start('cancelsOnSignal', [waits, 'ignores cancellation']);
  await runs(handle);
  await handle.signal('go');
  expect(await handle.result()).toBe('stubborn');
  expect(await shape(handle)).toBe('S T As Sig T Acr Ast Ac T OK');
});

scenario('24: ABANDON sends nothing', async ({ start, client }) => {
  const options = { cancellationType: 'ABANDON' };
  const handle = await start('cancelsOnSignal', [options, 'completes elsewhere']);
  const activity = { workflowId: handle.workflowId, activityId: '1' };
  await runs(handle);
  await client.activity.heartbeat(activity);
  await handle.signal('go');
  expect(await handle.result()).toEqual(activityCancelled);
  expect(await shape(handle)).toBe('S T As Sig T OK');
});

scenario('25: an activity cancelled in the task that schedules it', async ({ start }) => {
  const handle = await start('cancelsUnscheduled');
  expect(await handle.result()).toEqual(activityCancelled);
  expect(await shape(handle)).toBe('S T OK');
});

scenario('26: an activity is cancelled before a worker has it', async ({ start }) => {
  const handle = await start('cancelsOnSignal', [{ ...waits, taskQueue: 'deserted' }]);
  await comesTo(handle, 'S T As');
  await handle.signal('go');
  expect(await handle.result()).toEqual(activityCancelled);
  expect(await shape(handle)).toBe('S T As Sig T Acr Acn T OK');
  const [canceled] = eventsOf(await historyOf(handle), 'ActivityTaskCanceled');
  expect(canceled?.attributes.startedEventId).toBe(0);
});

scenario('26: the same while it backs off', async ({ start }) => {
  const retry = { initialInterval: '1 hour' };
  const handle = await start('cancelsOnSignal', [{ ...waits, retry }, { throws: 'no' }]);
  await eventually(async () => {
    const { pendingActivities } = await handle.describe();
    expect(pendingActivities[0]?.state).toBe('BACKING_OFF');
  });
  await handle.signal('go');
  expect(await handle.result()).toEqual(activityCancelled);
  expect(await shape(handle)).toBe('S T As Sig T Acr Acn T OK');
});

scenario('27: a cancelled workflow cleans up', async ({ start }) => {
  const handle = await start('cleansUp');
  await comesTo(handle, 'S T Tm+');
  await handle.cancel();
  expect(await chainFrom(handle.result())).toEqual(asked);
  expect(await shape(handle)).toBe('S T Tm+ CR T Tm- As Ast Ac T CANCELED');
});

scenario('28: a request does not reach what is not cancellable', async ({ start }) => {
  const handle = await start('worksOn');
  await comesTo(handle, 'S T Tm+');
  await handle.cancel();
  expect(await handle.result()).toEqual(['CancelledFailure: Workflow canceled']);
  expect(await shape(handle)).toBe('S T Tm+ CR T Tm! T OK');
});
