/** Scenario 75: limits. */
import { randomBytes } from 'node:crypto';
import { PerdureServiceError } from '@perdure/common';
import { eventsOf, eventually, rejectionOf } from '@perdure/test-support';
import { expect } from 'vitest';
import { chainFrom } from './chain.ts';
import { historyOf, shape, useFixture } from './fixture.ts';

const makeBytes = async (count: number): Promise<string> =>
  randomBytes(count).toString('base64').slice(0, count);

const { scenario } = useFixture('limits', { makeBytes });
const MIB = 1024 * 1024;

const pending = [
  ['activities', 'activity', 'PENDING_ACTIVITIES_LIMIT_EXCEEDED'],
  ['children', 'child', 'PENDING_CHILD_WORKFLOWS_LIMIT_EXCEEDED'],
  ['signals', 'signal', 'PENDING_SIGNALS_LIMIT_EXCEEDED'],
  ['cancel requests', 'cancel', 'PENDING_REQUEST_CANCEL_LIMIT_EXCEEDED'],
] as const;

for (const [what, kind, cause] of pending) {
  scenario(`75: more than 2,000 pending ${what} fail the task`, async ({ start }) => {
    const handle = await start('asksFor', [kind, 2_001]);
    await eventually(async () => expect(await shape(handle)).toBe('S Tf'));
    const [failure] = eventsOf(await historyOf(handle), 'WorkflowTaskFailed');
    expect(failure?.attributes).toMatchObject({ cause });
    await handle.terminate();
  });
}

scenario('75: a long history had better be continued as new', async ({ start }) => {
  const handle = await start('makesEvents', [4_090]);
  // S T (4 events), what it made, Tm+ Tm! and the task's first two.
  expect(await handle.result()).toEqual([false, true, 4_098]);
  const shorter = await start('makesEvents', [4_080]);
  expect(await shorter.result()).toEqual([false, false, 4_088]);
});

scenario('75: a history that is too long ends the run', async ({ start }) => {
  const handle = await start('makesEventsForEver', [9_000]);
  expect(await chainFrom(handle.result())).toEqual([
    'WorkflowFailedError: Workflow history size/count exceeds limit. [NON_RETRYABLE_FAILURE]',
    'TerminatedFailure: Workflow history size/count exceeds limit.',
  ]);
  const events = await historyOf(handle);
  expect(events.length).toBeGreaterThan(51_200);
});

scenario('75: arguments of more than 2 MiB are refused', async ({ start }) => {
  const error = await rejectionOf(start('taskTimeout', [await makeBytes(3 * MIB)]));
  expect(error).toBeInstanceOf(PerdureServiceError);
  expect(error).toMatchObject({ code: 'PAYLOAD_TOO_LARGE' });
});

scenario('75: a memo of more than 2 MiB is refused', async ({ start }) => {
  const memo = { note: await makeBytes(3 * MIB) };
  const error = await rejectionOf(start('taskTimeout', [], { memo }));
  expect(error).toMatchObject({ code: 'PAYLOAD_TOO_LARGE' });
});

scenario('75: an activity’s result of more than 2 MiB fails the attempt', async ({ start }) => {
  const handle = await start('callsForBytes', [3 * MIB]);
  const [top, activity, cause] = await chainFrom(handle.result());
  expect([top, activity]).toEqual([
    'WorkflowFailedError: Workflow execution failed [RETRY_POLICY_NOT_SET]',
    'ActivityFailure: Activity task failed [makeBytes 1, MAXIMUM_ATTEMPTS_REACHED]',
  ]);
  expect(cause).toMatch(
    /^ApplicationFailure: the result of the activity takes .*\[PAYLOAD_TOO_LARGE\]$/,
  );
  expect(await shape(handle)).toBe('S T As Ast Af T FAIL');
});

scenario('75: a workflow’s result of more than 2 MiB fails the task', async ({ start }) => {
  const handle = await start('returnsBytes', [4 * MIB]);
  await eventually(async () => expect(await shape(handle)).toBe('S Tf'));
  await handle.terminate();
});

scenario('75: ids have at most 1,000 bytes', async ({ start, id }) => {
  const longest = id().padEnd(1_000, 'x');
  const handle = await start('taskTimeout', [], { workflowId: longest });
  expect(await handle.result()).toBe(10_000);
  const error = await rejectionOf(start('taskTimeout', [], { workflowId: `${longest}x` }));
  expect(error).toMatchObject({ code: 'INVALID_ARGUMENT' });
});

scenario('75: a workflow task may take 10 seconds by default', async ({ start }) => {
  const handle = await start('taskTimeout');
  expect(await handle.result()).toBe(10_000);
  const [started] = eventsOf(await historyOf(handle), 'WorkflowExecutionStarted');
  expect(started?.attributes.workflowTaskTimeoutMs).toBe(10_000);
});
