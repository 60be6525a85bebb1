/** Scenarios 30–35 and 55: children, other workflows, runs that follow runs. */
import { WorkflowFailedError } from '@perdure/client';
import {
  ApplicationFailure,
  ChildWorkflowFailure,
  TerminatedFailure,
  WorkflowExecutionAlreadyStartedError,
} from '@perdure/common';
import { rejectionOf } from '@perdure/test-support';
import { expect } from 'vitest';
import { shape, useFixture } from './fixture.ts';

const { scenario } = useFixture('children');

scenario('30: a child completes', async ({ start }) => {
  const handle = await start('parent', ['echo', ['x']]);
  expect(await handle.result()).toBe('x');
  expect(await shape(handle)).toBe('S T CI CS T CC T OK');
});

scenario('31: a child fails', async ({ start }) => {
  const handle = await start('parent', ['fails']);
  const error = (await rejectionOf(handle.result())) as WorkflowFailedError;
  expect(error).toBeInstanceOf(WorkflowFailedError);
  expect(error.cause).toBeInstanceOf(ChildWorkflowFailure);
  expect(error.cause?.message).toBe('Child Workflow execution failed');
  expect(error.cause?.cause).toBeInstanceOf(ApplicationFailure);
  expect(error.cause?.cause).toMatchObject({ message: 'as planned', type: 'Planned' });
  expect(await shape(handle)).toBe('S T CI CS T CX T FAIL');
});

scenario('32: the child id is taken', async ({ start, id }) => {
  const workflowId = id();
  await start('sleeps', [], { workflowId });
  const handle = await start('parent', ['echo', [], { workflowId }]);
  const error = (await rejectionOf(handle.result())) as WorkflowFailedError;
  expect(error.cause).toMatchObject({ message: 'Workflow execution already started' });
  expect(await shape(handle)).toBe('S T CI CF T FAIL');
  void WorkflowExecutionAlreadyStartedError;
});

scenario('33: the parent closes, and its child with it', async ({ start, client }) => {
  const handle = await start('leaves', ['sleeps', {}]);
  const child = client.workflow.getHandle(String(await handle.result()));
  const error = (await rejectionOf(child.result())) as WorkflowFailedError;
  expect(error.cause).toBeInstanceOf(TerminatedFailure);
  expect(error.message).toBe('by parent close policy');
  expect(await shape(handle)).toBe('S T CI CS T OK');
});

scenario('34: a child that continues as new is one child', async ({ start }) => {
  const handle = await start('parent', ['countsDown', [3]]);
  expect(await handle.result()).toBe('done');
  expect(await shape(handle)).toBe('S T CI CS T CC T OK');
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
  const error = (await rejectionOf(handle.result())) as WorkflowFailedError;
  expect(error.cause).toMatchObject({
    message: 'Unable to signal external workflow because it was not found',
    type: 'ExternalWorkflowExecutionNotFound',
  });
  expect(await shape(handle)).toBe('S T XsI XsF T FAIL');
});

scenario('35: a cancel request to another workflow', async ({ start }) => {
  const other = await start('tellsCancellation');
  const handle = await start('cancelsOther', [other.workflowId]);
  expect(await handle.result()).toBe('cancelled');
  expect(await other.result()).toBe('was cancelled');
  expect(await shape(handle)).toBe('S T XcI Xc T OK');
});

scenario('55: a workflow continues as new', async ({ start, client }) => {
  const handle = await start('countsDown', [2]);
  expect(await handle.result()).toBe('done');
  const first = client.workflow.getHandle(handle.workflowId, handle.firstExecutionRunId);
  expect(await shape(first)).toBe('S T CAN');
  expect(await shape(handle)).toBe('S T OK');
});
