/** Scenarios 30–35 and 55: children, other workflows, runs that follow runs. */
import { WorkflowNotFoundError } from '@perdure/client';
import { eventsOf, eventually, rejectionOf } from '@perdure/test-support';
import { expect } from 'vitest';
import { chainFrom } from './chain.ts';
import { historyOf, shape, useFixture } from './fixture.ts';

const { scenario } = useFixture('children');

const failed = 'WorkflowFailedError: Workflow execution failed [RETRY_POLICY_NOT_SET]';
const signalFailed =
  'ApplicationFailure: Unable to signal external workflow because it was not found ' +
  '[ExternalWorkflowExecutionNotFound]';
const childFailed = (type: string, retryState: string) =>
  `ChildWorkflowFailure: Child Workflow execution failed [${type}, ${retryState}]`;

scenario('30: a child completes', async ({ start }) => {
  const handle = await start('parent', ['echo', ['x']]);
  expect(await handle.result()).toBe('x');
  expect(await shape(handle)).toBe('S T CI CS T CC T OK');
});

scenario('31: a child fails', async ({ start }) => {
  const handle = await start('parent', ['fails']);
  expect(await chainFrom(handle.result())).toEqual([
    failed,
    childFailed('fails', 'RETRY_POLICY_NOT_SET'),
    'ApplicationFailure: as planned [Planned, nonRetryable]',
  ]);
  expect(await shape(handle)).toBe('S T CI CS T CX T FAIL');
});

scenario('31: a child is terminated', async ({ start, client, id }) => {
  const workflowId = id();
  const handle = await start('parent', ['sleeps', [], { workflowId }]);
  await eventually(async () => expect(await shape(handle)).toBe('S T CI CS T'));
  await client.workflow.getHandle(workflowId).terminate('enough');
  expect(await chainFrom(handle.result())).toEqual([
    failed,
    childFailed('sleeps', 'NON_RETRYABLE_FAILURE'),
    'TerminatedFailure: Child Workflow execution terminated',
  ]);
  expect(await shape(handle)).toBe('S T CI CS T Cte T FAIL');
});

scenario('31: a child takes too long', async ({ start }) => {
  const handle = await start('parent', ['sleeps', [], { workflowRunTimeout: '1 hour' }]);
  expect(await chainFrom(handle.result())).toEqual([
    failed,
    childFailed('sleeps', 'RETRY_POLICY_NOT_SET'),
    'TimeoutFailure: Child Workflow execution timed out [START_TO_CLOSE]',
  ]);
  expect(await shape(handle)).toBe('S T CI CS T Cto T FAIL');
});

scenario('31: a child is cancelled by others', async ({ start, client, id }) => {
  const workflowId = id();
  const handle = await start('parent', ['sleeps', [], { workflowId }]);
  await eventually(async () => expect(await shape(handle)).toBe('S T CI CS T'));
  await client.workflow.getHandle(workflowId).cancel();
  expect(await chainFrom(handle.result())).toEqual([
    failed,
    childFailed('sleeps', 'NON_RETRYABLE_FAILURE'),
    'CancelledFailure: Child Workflow execution cancelled',
  ]);
  expect(await shape(handle)).toBe('S T CI CS T Ccn T FAIL');
});

scenario('32: the child’s id is taken', async ({ start, id }) => {
  const workflowId = id();
  await start('sleeps', [], { workflowId });
  const handle = await start('catches', ['echo', { workflowId }]);
  expect(await handle.result()).toEqual([
    'WorkflowExecutionAlreadyStartedError: Workflow execution already started [echo]',
  ]);
  expect(await shape(handle)).toBe('S T CI CF T OK');
});

scenario('32: that ends a parent which lets it pass', async ({ start, id }) => {
  const workflowId = id();
  await start('sleeps', [], { workflowId });
  const handle = await start('parent', ['echo', [], { workflowId }]);
  expect(await chainFrom(handle.result())).toEqual([
    failed,
    'ApplicationFailure: Workflow execution already started [WorkflowExecutionAlreadyStartedError]',
  ]);
  expect(await shape(handle)).toBe('S T CI CF T FAIL');
});

scenario('33: the parent closes, and its child with it', async ({ start, client }) => {
  const handle = await start('leaves', ['sleeps', {}]);
  const child = client.workflow.getHandle(String(await handle.result()));
  expect(await chainFrom(child.result())).toEqual([
    'WorkflowFailedError: by parent close policy [NON_RETRYABLE_FAILURE]',
    'TerminatedFailure: by parent close policy',
  ]);
  expect(await shape(handle)).toBe('S T CI CS T OK');
  expect(await shape(child)).toMatch(/ TERM$/);
});

scenario('33: REQUEST_CANCEL asks the child to stop', async ({ start, client }) => {
  const options = { parentClosePolicy: 'REQUEST_CANCEL' };
  const handle = await start('leaves', ['tellsCancellation', options]);
  const child = client.workflow.getHandle(String(await handle.result()));
  expect(await child.result()).toBe('was cancelled');
  expect(await shape(handle)).toBe('S T CI CS T OK');
  const requests = eventsOf(await historyOf(child), 'WorkflowExecutionCancelRequested');
  expect(requests).toHaveLength(1);
});

scenario('33: ABANDON leaves the child alone', async ({ start, client }) => {
  const handle = await start('leaves', ['sleeps', { parentClosePolicy: 'ABANDON' }]);
  const child = client.workflow.getHandle(String(await handle.result()));
  await child.result();
  expect(await shape(handle)).toBe('S T CI CS T OK');
  expect(await shape(child)).toBe('S T Tm+ Tm! T OK');
});

scenario('33: a child whose start is not recorded is never started', async (scene) => {
  const { start, client, env, id } = scene;
  for (const parentClosePolicy of ['TERMINATE', 'ABANDON']) {
    const workflowId = id();
    const handle = await start('leavesInHaste', [{ parentClosePolicy, workflowId }]);
    await handle.result();
    expect(await shape(handle)).toBe('S T CI OK');
    await env.sleep('1 hour');
    const describing = client.workflow.getHandle(workflowId).describe();
    expect(await rejectionOf(describing)).toBeInstanceOf(WorkflowNotFoundError);
  }
});

scenario('33: children outlive a run that continues as new', async ({ start, client, id }) => {
  const workflowId = id();
  const handle = await start('goesOn', [workflowId, true]);
  await handle.result();
  const first = client.workflow.getHandle(handle.workflowId, handle.firstExecutionRunId);
  expect(await shape(first)).toBe('S T CI CS T CAN');
  expect(await shape(client.workflow.getHandle(workflowId))).toBe('S T Tm+ Tm! T OK');
});

scenario('34: a child that continues as new is one child', async ({ start }) => {
  const handle = await start('parent', ['countsDown', [3]]);
  expect(await handle.result()).toBe('done');
  expect(await shape(handle)).toBe('S T CI CS T CC T OK');
});

scenario('34: so is one that is retried', async ({ start }) => {
  const retry = { initialInterval: '1 hour' };
  const handle = await start('parent', ['failsTwice', [], { retry }]);
  expect(await handle.result()).toBe('done at 3');
  expect(await shape(handle)).toBe('S T CI CS T CC T OK');
});

scenario('34: the parent hears of the last attempt only', async ({ start }) => {
  const retry = { initialInterval: '1 hour', maximumAttempts: 2 };
  const handle = await start('parent', ['failsTwice', [], { retry }]);
  expect(await chainFrom(handle.result())).toEqual([
    failed,
    childFailed('failsTwice', 'MAXIMUM_ATTEMPTS_REACHED'),
    'ApplicationFailure: at 2 [Planned]',
  ]);
  expect(await shape(handle)).toBe('S T CI CS T CX T FAIL');
});

scenario('35: a signal to another workflow', async ({ start }) => {
  const other = await start('listens');
  const handle = await start('signalsOther', [other.workflowId]);
  expect(await handle.result()).toBe('told');
  expect(await other.result()).toBe('hello');
  expect(await shape(handle)).toBe('S T XsI Xs T OK');
});

scenario('35: a signal to nobody', async ({ start }) => {
  const handle = await start('signalsOther', ['nobody']);
  expect(await chainFrom(handle.result())).toEqual([failed, signalFailed]);
  expect(await shape(handle)).toBe('S T XsI XsF T FAIL');
});

scenario('35: a signal to a workflow that has closed', async ({ start }) => {
  const other = await start('echo');
  await other.result();
  const handle = await start('signalsOther', [other.workflowId]);
  expect(await chainFrom(handle.result())).toEqual([failed, signalFailed]);
  expect(await shape(handle)).toBe('S T XsI XsF T FAIL');
});

scenario('35: a signal to a child, by its handle', async ({ start }) => {
  const handle = await start('signalsChild');
  expect(await handle.result()).toEqual(['hello', [signalFailed]]);
  // How the two answers are spread over tasks is a matter of time.
  expect(await shape(handle)).toMatch(/^S T CI CS T XsI .*T XsI XsF T OK$/);
  const events = await historyOf(handle);
  expect(eventsOf(events, 'ExternalWorkflowExecutionSignaled')).toHaveLength(1);
  expect(eventsOf(events, 'ChildWorkflowExecutionCompleted')).toHaveLength(1);
});

scenario('35: a cancel request to another workflow', async ({ start }) => {
  const other = await start('tellsCancellation');
  const handle = await start('cancelsOther', [other.workflowId]);
  expect(await handle.result()).toBe('cancelled');
  expect(await other.result()).toBe('was cancelled');
  expect(await shape(handle)).toBe('S T XcI Xc T OK');
});

scenario('35: a cancel request to nobody', async ({ start }) => {
  const handle = await start('cancelsOther', ['nobody']);
  expect(await chainFrom(handle.result())).toEqual([
    failed,
    'ApplicationFailure: Unable to cancel external workflow because not found ' +
      '[ExternalWorkflowExecutionNotFound]',
  ]);
  expect(await shape(handle)).toBe('S T XcI XcF T FAIL');
});

scenario('55: a workflow continues as new', async ({ start, client }) => {
  const handle = await start('countsDown', [2]);
  expect(await handle.result()).toBe('done');
  const first = client.workflow.getHandle(handle.workflowId, handle.firstExecutionRunId);
  expect(await shape(first)).toBe('S T CAN');
  expect(await shape(handle)).toBe('S T OK');
});
