/** Scenarios 60–63: local activities, which are part of a workflow task. */
import { activityInfo } from '@perdure/activity';
import { eventsOf, eventually } from '@perdure/test-support';
import { expect } from 'vitest';
import { chainFrom } from './chain.ts';
import { historyOf, shape, useFixture } from './fixture.ts';
import { scriptedActivity } from './scripted-activity.ts';

/** Goes on until the history of its workflow has grown so far. */
async function actUntilEvents(count: number): Promise<string> {
  const { workflowId } = activityInfo().workflowExecution;
  const handle = fixture.env.client.workflow.getHandle(workflowId);
  await eventually(async () => {
    const { historyLength } = await handle.describe();
    if (historyLength < count) throw new Error(`there are ${historyLength} events`);
  });
  return 'long enough';
}

const scripted = scriptedActivity(() => fixture.env);
const act = (...steps: Parameters<typeof scripted> | [number]): Promise<unknown> =>
  typeof steps[0] === 'number'
    ? actUntilEvents(steps[0])
    : scripted(...(steps as Parameters<typeof scripted>));

const fixture = useFixture('local-activities', { act });
const { scenario } = fixture;
const failed = 'WorkflowFailedError: Workflow execution failed [RETRY_POLICY_NOT_SET]';

scenario('60: a local activity leaves a marker', async ({ start }) => {
  const handle = await start('callOnce', [{}, { returns: 'here' }]);
  expect(await handle.result()).toBe('here');
  expect(await shape(handle)).toBe('S T M OK');
  const [marker] = eventsOf(await historyOf(handle), 'MarkerRecorded');
  expect(marker?.attributes.markerName).toBe('core_local_activity');
});

scenario('60: one after another, in one task', async ({ start }) => {
  const handle = await start('twice');
  expect(await handle.result()).toEqual(['foo', 'bar']);
  expect(await shape(handle)).toBe('S T M M OK');
});

scenario('60: all attempts of a task share a marker', async ({ start }) => {
  const steps = [{ throws: 'first' }, { throws: 'second' }, { returns: 'third' }];
  const handle = await start('callOnce', [{}, ...steps]);
  expect(await handle.result()).toBe('third');
  expect(await shape(handle)).toBe('S T M OK');
});

scenario('60: the workflow gets the bare failure of the last attempt', async ({ start }) => {
  const retry = { initialInterval: 10, maximumAttempts: 2 };
  const steps = [{ throws: 'first' }, { throws: 'second' }];
  const handle = await start('catches', [{ retry }, ...steps]);
  expect(await handle.result()).toEqual(['ApplicationFailure: second [OrderError]']);
  expect(await shape(handle)).toBe('S T M OK');
});

scenario('60: and fails with it unless it is caught', async ({ start }) => {
  const handle = await start('callOnce', [{}, { fails: 'never again', nonRetryable: true }]);
  expect(await chainFrom(handle.result())).toEqual([
    failed,
    'ApplicationFailure: never again [Planned, nonRetryable]',
  ]);
  expect(await shape(handle)).toBe('S T M FAIL');
});

scenario('60: a cancelled local activity', async ({ start }) => {
  const handle = await start('cancelsWhileAnotherEnds');
  expect(await handle.result()).toEqual([
    'ActivityFailure: Local Activity cancelled [act, CANCEL_REQUESTED]',
    'CancelledFailure: Local Activity cancelled',
  ]);
  expect(await shape(handle)).toBe('S T M M OK');
});

scenario('60: one that is cancelled before it runs leaves no marker', async ({ start }) => {
  const handle = await start('cancelsAtOnce');
  expect(await handle.result()).toEqual([
    'ActivityFailure: Local Activity cancelled [act, CANCEL_REQUESTED]',
    'CancelledFailure: ',
  ]);
  expect(await shape(handle)).toBe('S T OK');
});

scenario('61: a long back-off is a timer between two markers', async ({ start, env }) => {
  const options = { retry: { initialInterval: '2 hours' }, localRetryThreshold: '1 hour' };
  const handle = await start('callOnce', [options, { throws: 'first' }, { returns: 'second' }]);
  const before = await env.currentTimeMs();
  expect(await handle.result()).toBe('second');
  expect((await env.currentTimeMs()) - before).toBeGreaterThanOrEqual(7_200_000);
  expect(await shape(handle)).toBe('S T M Tm+ Tm! T M OK');
});

scenario('62: a long local activity keeps its task alive', async ({ start }) => {
  // After the start, one task that has ended and one that has begun.
  const handle = await start('callOnce', [{}, 6], { workflowTaskTimeout: '2s' });
  expect(await handle.result()).toBe('long enough');
  expect(await shape(handle)).toMatch(/^S T (T )+M OK$/);
});

scenario('63: markers come after what the same task asks of others', async ({ start }) => {
  const handle = await start('mixed');
  expect(await handle.result()).toEqual(['local 1', 'timer', 'remote', 'local 2']);
  expect(await shape(handle)).toBe('S T Tm+ As M M Ast Ac T Tm! T OK');
});
