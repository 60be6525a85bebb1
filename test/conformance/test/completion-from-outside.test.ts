/** Scenario 14: activities that others complete than the worker that began them. */
import { ActivityCancelledError, ActivityNotFoundError } from '@perdure/client';
import { eventually, rejectionOf } from '@perdure/test-support';
import { expect } from 'vitest';
import { chainFrom } from './chain.ts';
import { shape, useFixture } from './fixture.ts';
import { scriptedActivity } from './scripted-activity.ts';

const fixture = useFixture('activities', { act: scriptedActivity(() => fixture.env) });
const { scenario } = fixture;

const once = { retry: { maximumAttempts: 1 } };
const failed = 'WorkflowFailedError: Workflow execution failed [RETRY_POLICY_NOT_SET]';
const activity1 = (what: string) => `ActivityFailure: ${what} [act 1, MAXIMUM_ATTEMPTS_REACHED]`;

scenario('14: an activity is completed by others', async ({ start, client }) => {
  const handle = await start('callOnce', [{}, 'completes elsewhere']);
  const activity = { workflowId: handle.workflowId, activityId: '1' };
  await eventually(() => client.activity.complete(activity, 'by hand'));
  expect(await handle.result()).toBe('by hand');
  expect(await shape(handle)).toBe('S T As Ast Ac T OK');
  const late = await rejectionOf(client.activity.complete(activity, 'again'));
  expect(late).toBeInstanceOf(ActivityNotFoundError);
});

scenario('14: an activity is failed by others', async ({ start, client }) => {
  const handle = await start('callOnce', [once, 'completes elsewhere']);
  const activity = { workflowId: handle.workflowId, activityId: '1' };
  await eventually(() => client.activity.fail(activity, new RangeError('too far')));
  expect(await chainFrom(handle.result())).toEqual([
    failed,
    activity1('Activity task failed'),
    'ApplicationFailure: too far [RangeError]',
  ]);
  expect(await shape(handle)).toBe('S T As Ast Af T FAIL');
});

scenario('14: whoever completes it hears of its cancellation', async ({ start, client }) => {
  const cancellationType = 'WAIT_CANCELLATION_COMPLETED';
  const handle = await start('callOnce', [{ cancellationType }, 'completes elsewhere']);
  const activity = { workflowId: handle.workflowId, activityId: '1' };
  await eventually(() => client.activity.heartbeat(activity, 'at it'));
  await handle.cancel();
  const told = () => client.activity.heartbeat(activity);
  await eventually(async () => {
    expect(await rejectionOf(told())).toBeInstanceOf(ActivityCancelledError);
  });
  await client.activity.reportCancellation(activity);
  expect(await chainFrom(handle.result())).toEqual([
    'WorkflowFailedError: Workflow execution cancelled [NON_RETRYABLE_FAILURE]',
    'CancelledFailure: Workflow canceled',
  ]);
  expect(await shape(handle)).toBe('S T As CR T Acr Ast Acn T CANCELED');
});

scenario('14: nobody completes it in time', async ({ start }) => {
  const options = { ...once, startToCloseTimeout: '300ms' };
  const handle = await start('callOnce', [options, 'completes elsewhere']);
  expect(await chainFrom(handle.result())).toEqual([
    failed,
    activity1('Activity task timed out'),
    'TimeoutFailure: activity StartToClose timeout [START_TO_CLOSE]',
  ]);
  expect(await shape(handle)).toBe('S T As Ast Ato T FAIL');
});
