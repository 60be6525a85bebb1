/** Scenario 29: children that are asked to stop. */
import type { WorkflowHandle } from '@perdure/client';
import { eventually } from '@perdure/test-support';
import { expect } from 'vitest';
import { shape, useFixture } from './fixture.ts';

const { scenario } = useFixture('children');

const cancelled = [
  'ChildWorkflowFailure: Child Workflow execution failed [cancelsInAnHour, NON_RETRYABLE_FAILURE]',
  'CancelledFailure: Child Workflow execution cancelled',
];

/** Sends the signal once the child has started and its parent knows. */
async function ask(handle: WorkflowHandle): Promise<void> {
  await eventually(async () => expect(await shape(handle)).toBe('S T CI CS T'));
  await handle.signal('go');
}

scenario('29: TRY_CANCEL asks the child and does not wait', async ({ start }) => {
  const handle = await start('cancelsChild', ['rethrows', { cancellationType: 'TRY_CANCEL' }]);
  await ask(handle);
  expect(await handle.result()).toEqual(cancelled);
  expect(await shape(handle)).toBe('S T CI CS T Sig T XcI OK');
});

scenario('29: WAIT_CANCELLATION_REQUESTED waits until it is asked', async ({ start }) => {
  const options = { cancellationType: 'WAIT_CANCELLATION_REQUESTED' };
  const handle = await start('cancelsChild', ['rethrows', options]);
  await ask(handle);
  expect(await handle.result()).toEqual(cancelled);
  expect(await shape(handle)).toBe('S T CI CS T Sig T XcI Xc T OK');
});

scenario('29: by default the parent waits until the child has closed', async ({ start }) => {
  const handle = await start('cancelsChild', ['rethrows', {}]);
  await ask(handle);
  expect(await handle.result()).toEqual(cancelled);
  expect(await shape(handle)).toBe('S T CI CS T Sig T XcI Xc T Ccn T OK');
});

scenario('29: a child may return although it was asked to stop', async ({ start }) => {
  const handle = await start('cancelsChild', ['returns', {}]);
  await ask(handle);
  expect(await handle.result()).toBe('stopped by itself');
  expect(await shape(handle)).toBe('S T CI CS T Sig T XcI Xc T CC T OK');
});

scenario('29: ABANDON asks nobody', async ({ start }) => {
  const handle = await start('cancelsChild', ['rethrows', { cancellationType: 'ABANDON' }]);
  await ask(handle);
  expect(await handle.result()).toEqual(cancelled);
  expect(await shape(handle)).toBe('S T CI CS T Sig T OK');
});

scenario('29: a child cancelled in the task that makes it is never made', async ({ start }) => {
  const handle = await start('cancelsAtOnce');
  expect(await handle.result()).toEqual([
    [
      'ChildWorkflowFailure: Child Workflow execution failed [echo, NON_RETRYABLE_FAILURE]',
      'CancelledFailure: Child Workflow execution cancelled',
    ],
    { workflowId: 'never' },
  ]);
  expect(await shape(handle)).toBe('S T OK');
});
