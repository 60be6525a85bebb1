/** What a client asks of a workflow that runs, or starts so that it can be asked. */
import {
  ApplicationFailure,
  Client,
  QueryNotRegisteredError,
  QueryRejectedError,
  WithStartWorkflowOperation,
  WorkflowExecutionAlreadyStartedError,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
  isGrpcCancelledError,
  isGrpcDeadlineError,
} from '@perdure/client';
import { describe, expect, it } from 'vitest';
import { add, broken, counter, finish, scaled, total } from './client-workflows.ts';
import { caught, client, env, fresh, taskQueue, useClient } from './client-fixture.ts';

useClient();

describe('queries (semantics 39, 40)', () => {
  it('are answered, with arguments, and leave no event', async () => {
    const handle = await client.workflow.start(counter, { ...fresh(), args: [5] });
    expect(await handle.query(total)).toBe(5);
    const { events } = await handle.fetchHistory();
    expect(await handle.query(scaled, 3)).toBe(15);
    expect(await handle.query<number>('total')).toBe(5);
    expect((await handle.fetchHistory()).events).toEqual(events);
    await handle.signal(finish, 'done');
    await handle.result();
    expect(await handle.query(total)).toBe(5);
  });

  it('fail with what the handler threw, or when there is none', async () => {
    const handle = await client.workflow.start(counter, fresh());
    const threw = await caught(handle.query(broken));
    expect(threw).toBeInstanceOf(QueryNotRegisteredError);
    expect(threw).toMatchObject({
      message: 'it is broken',
      cause: { message: 'it is broken', type: 'TypeError' },
    });
    const unknown = await caught(handle.query('nothing'));
    expect(unknown).toBeInstanceOf(QueryNotRegisteredError);
    expect((unknown as Error).message).toContain(
      'Workflow did not register a handler for nothing. Registered queries:',
    );
    await handle.terminate();
  });

  it('are rejected where the client wants no answer', async () => {
    const { connection, namespace } = client;
    const asking = (queryRejectCondition: 'NOT_OPEN' | 'NOT_COMPLETED_CLEANLY') =>
      new Client({ connection, namespace, workflow: { queryRejectCondition } }).workflow;
    const done = await client.workflow.start(counter, fresh());
    expect(await asking('NOT_OPEN').getHandle(done.workflowId).query(total)).toBe(0);
    await done.signal(finish, 'done');
    await done.result();
    const rejected = await caught(asking('NOT_OPEN').getHandle(done.workflowId).query(total));
    expect(rejected).toBeInstanceOf(QueryRejectedError);
    expect(rejected).toMatchObject({ status: 'COMPLETED', message: 'Query rejected' });
    const clean = asking('NOT_COMPLETED_CLEANLY').getHandle(done.workflowId);
    expect(await clean.query(total)).toBe(0);
  });

  it('find nobody', async () => {
    const error = await caught(client.workflow.getHandle('none').query(total));
    expect(error).toBeInstanceOf(WorkflowNotFoundError);
    expect(error).toMatchObject({ workflowId: 'none' });
  });
});

describe('updates (semantics 41-44)', () => {
  it('give their result; the same id is the same update', async () => {
    const handle = await client.workflow.start(counter, fresh());
    expect(await handle.executeUpdate(add, { args: [2] })).toBe(2);
    const updateId = 'twice';
    expect(await handle.executeUpdate(add, { args: [3], updateId })).toBe(5);
    expect(await handle.executeUpdate(add, { args: [3], updateId })).toBe(5);
    expect(await handle.getUpdateHandle<number>(updateId).result()).toBe(5);
    await handle.signal(finish, 'done');
    expect(await handle.result()).toBe('done 5');
    // Its outcome is recorded, and outlives the run.
    const closed = client.workflow.getHandle(handle.workflowId, handle.firstExecutionRunId);
    expect(await closed.getUpdateHandle<number>(updateId).result()).toBe(5);
    expect(await handle.executeUpdate(add, { args: [3], updateId })).toBe(5);
  });

  it('are refused by the validator, without a trace', async () => {
    const handle = await client.workflow.start(counter, fresh());
    await handle.query(total);
    const { events } = await handle.fetchHistory();
    const error = await caught(handle.executeUpdate(add, { args: [-1] }));
    expect(error).toBeInstanceOf(WorkflowUpdateFailedError);
    expect(error).toMatchObject({
      message: 'Workflow Update failed',
      cause: { message: '-1 is negative', type: 'RangeError' },
    });
    expect((error as Error).cause).toBeInstanceOf(ApplicationFailure);
    const refused = await handle.startUpdate(add, { args: [-1], waitForStage: 'ACCEPTED' });
    expect(await caught(refused.result())).toBeInstanceOf(WorkflowUpdateFailedError);
    expect((await handle.fetchHistory()).events).toEqual(events);
    await handle.terminate();
  });

  it('fail with what the handler threw', async () => {
    const handle = await client.workflow.start(counter, fresh());
    const error = await caught(handle.executeUpdate(add, { args: [13] }));
    expect(error).toBeInstanceOf(WorkflowUpdateFailedError);
    expect(error).toMatchObject({
      cause: { message: '13 fails', type: 'Unlucky', nonRetryable: true, details: [13] },
    });
    await handle.terminate();
  });

  it('are accepted first, completed later', async () => {
    const handle = await client.workflow.start(counter, fresh());
    const update = await handle.startUpdate(add, { args: [2_000], waitForStage: 'ACCEPTED' });
    expect(update).toMatchObject({
      workflowId: handle.workflowId,
      workflowRunId: handle.firstExecutionRunId,
    });
    expect(await handle.query(total)).toBe(0);
    expect((await handle.describe()).pendingUpdates).toEqual([
      { updateId: update.updateId, stage: 'ACCEPTED' },
    ]);
    const [result] = await Promise.all([update.result(), env.sleep('2 days')]);
    expect(result).toBe(2_000);
    await handle.terminate();
  });

  it('that are accepted fail when the run closes; unknown ones are not found', async () => {
    const handle = await client.workflow.start(counter, fresh());
    const update = await handle.startUpdate(add, { args: [2_000], waitForStage: 'ACCEPTED' });
    const result = caught(update.result());
    await handle.signal(finish, 'early');
    expect(await result).toMatchObject({
      cause: {
        message:
          'Workflow Update failed because the Workflow completed before the Update completed.',
      },
    });
    const unknown = await caught(handle.getUpdateHandle('unknown').result());
    expect(unknown).toBeInstanceOf(WorkflowNotFoundError);
    expect(await caught(handle.executeUpdate(add, { args: [1] }))).toBeInstanceOf(
      WorkflowNotFoundError,
    );
  });

  it('can be given up, and go on', async () => {
    const handle = await client.workflow.start(counter, fresh());
    const update = await handle.startUpdate(add, { args: [2_000], waitForStage: 'ACCEPTED' });
    const late = await caught(client.withDeadline(Date.now() + 30, () => update.result()));
    expect(late).toBeInstanceOf(WorkflowUpdateRPCTimeoutOrCancelledError);
    expect(isGrpcDeadlineError(late)).toBe(true);
    const abort = new AbortController();
    const given = caught(client.withAbortSignal(abort.signal, () => update.result()));
    abort.abort();
    const aborted = await given;
    expect(aborted).toBeInstanceOf(WorkflowUpdateRPCTimeoutOrCancelledError);
    expect([isGrpcCancelledError(aborted), isGrpcDeadlineError(aborted)]).toEqual([true, false]);
    const [result] = await Promise.all([update.result(), env.sleep('2 days')]);
    expect(result).toBe(2_000);
    await handle.terminate();
  });
});

describe('signal with start (semantics 37)', () => {
  it('starts, then signals the open run', async () => {
    const options = { ...fresh(), args: [1] as [number], signal: finish };
    const first = await client.workflow.signalWithStart(counter, {
      ...options,
      signalArgs: ['first'],
    });
    expect(await first.result()).toBe('first 1');
    expect((await first.fetchHistory()).events.map(({ eventType }) => eventType)).toEqual([
      'WorkflowExecutionStarted',
      'WorkflowExecutionSignaled',
      'WorkflowTaskScheduled',
      'WorkflowTaskStarted',
      'WorkflowTaskCompleted',
      'WorkflowExecutionCompleted',
    ]);
    const open = await client.workflow.start(counter, { ...options, args: [2] });
    const second = await client.workflow.signalWithStart(counter, {
      ...options,
      signalArgs: ['second'],
    });
    expect(second.signaledRunId).toBe(open.firstExecutionRunId);
    expect(await open.result()).toBe('second 2');
  });

  it('does not take FAIL', async () => {
    const error = await caught(
      client.workflow.signalWithStart(counter, {
        ...fresh(),
        signal: finish,
        signalArgs: ['x'],
        workflowIdConflictPolicy: 'FAIL',
      }),
    );
    expect(error).toMatchObject({ code: 'INVALID_ARGUMENT' });
    expect((error as Error).message).toContain('USE_EXISTING or TERMINATE_EXISTING');
  });
});

describe('update with start (semantics 45)', () => {
  it('starts what takes the update, or uses it', async () => {
    const { workflowId } = fresh();
    const start = () =>
      new WithStartWorkflowOperation(counter, {
        workflowId,
        taskQueue,
        args: [10],
        workflowIdConflictPolicy: 'USE_EXISTING',
      });
    const operation = start();
    const update = { args: [5] as [number], startWorkflowOperation: operation };
    expect(await client.workflow.executeUpdateWithStart(add, update)).toBe(15);
    const handle = await operation.workflowHandle();
    expect(handle.workflowId).toBe(workflowId);
    await expect(client.workflow.executeUpdateWithStart(add, update)).rejects.toThrow(
      'already been executed',
    );
    const again = await client.workflow.startUpdateWithStart(add, {
      args: [1],
      waitForStage: 'ACCEPTED',
      startWorkflowOperation: start(),
    });
    expect(await again.result()).toBe(16);
    await handle.signal(finish, 'done');
    expect(await handle.result()).toBe('done 16');
  });

  it('fails as a whole when nothing may be started', async () => {
    const open = await client.workflow.start(counter, fresh());
    const operation = new WithStartWorkflowOperation(counter, {
      workflowId: open.workflowId,
      taskQueue,
      workflowIdConflictPolicy: 'FAIL',
    });
    const error = await caught(
      client.workflow.executeUpdateWithStart(add, {
        args: [1],
        startWorkflowOperation: operation,
      }),
    );
    expect(error).toBeInstanceOf(WorkflowExecutionAlreadyStartedError);
    expect(await caught(operation.workflowHandle())).toBe(error);
    expect(await open.query(total)).toBe(0);
    await open.terminate();
  });
});
