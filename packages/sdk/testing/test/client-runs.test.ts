/** What a client is told of runs: results, descriptions, histories. */
import {
  CancelledFailure,
  WorkflowContinuedAsNewError,
  WorkflowFailedError,
  WorkflowNotFoundError,
  isGrpcServiceError,
} from '@perdure/client';
import { defineSearchAttributeKey } from '@perdure/common';
import { Worker } from '@perdure/worker';
import { describe, expect, it } from 'vitest';
import { chain, forever, retried } from './client-workflows.ts';
import {
  caught,
  client,
  env,
  fresh,
  taskQueue,
  workflowsPath,
  useClient,
} from './client-fixture.ts';

useClient();

describe('results', () => {
  it('follow runs that continue as new (semantics 55)', async () => {
    expect(await client.workflow.execute(chain, { ...fresh(), args: [3] })).toBe(6);
    const options = { ...fresh(), args: [1] as [number] };
    const handle = await client.workflow.start(chain, options);
    expect(await handle.result()).toBe(1);
    const first = client.workflow.getHandle(handle.workflowId, handle.firstExecutionRunId, {
      followRuns: false,
    });
    const error = await caught(first.result());
    expect(error).toBeInstanceOf(WorkflowContinuedAsNewError);
    const { newExecutionRunId } = error as WorkflowContinuedAsNewError;
    const next = client.workflow.getHandle(handle.workflowId, newExecutionRunId);
    expect(await next.result()).toBe(1);
    const { firstExecutionRunId } = await next.describe();
    expect(firstExecutionRunId).toBe(handle.firstExecutionRunId);
  });

  it('follow retries (semantics 53); the first run alone has failed', async () => {
    const retry = { initialInterval: '1 hour', maximumAttempts: 3 } as const;
    const handle = await client.workflow.start(retried, { ...fresh(), args: [3], retry });
    expect(await handle.result()).toBe(3);
    const { workflowId, firstExecutionRunId } = handle;
    const error = await caught(
      client.workflow.result(workflowId, firstExecutionRunId, { followRuns: false }),
    );
    expect(error).toBeInstanceOf(WorkflowFailedError);
    expect(error).toMatchObject({ cause: { message: 'attempt 1', type: 'Again' } });
  });

  it('say how a run was ended (semantics 21, 56)', async () => {
    const ended = await client.workflow.start(forever, fresh());
    await ended.terminate('enough');
    const terminated = await caught(ended.result());
    expect(terminated).toMatchObject({ message: 'enough', cause: { message: 'enough' } });
    const handle = await client.workflow.start(forever, fresh());
    await handle.cancel();
    const cancelled = await caught(handle.result());
    expect(cancelled).toMatchObject({ message: 'Workflow execution cancelled' });
    expect((cancelled as Error).cause).toBeInstanceOf(CancelledFailure);
  });
});

describe('a handle of a chain', () => {
  it('does not end a run of another chain', async () => {
    const options = fresh();
    const first = await client.workflow.start(forever, options);
    await first.terminate();
    const second = await client.workflow.start(forever, options);
    expect(await caught(first.terminate())).toBeInstanceOf(WorkflowNotFoundError);
    expect(await caught(first.cancel())).toBeInstanceOf(WorkflowNotFoundError);
    const { firstExecutionRunId } = second;
    const wrong = client.workflow.getHandle(options.workflowId, undefined, {
      firstExecutionRunId: first.firstExecutionRunId,
    });
    expect(await caught(wrong.terminate())).toBeInstanceOf(WorkflowNotFoundError);
    expect((await second.describe()).status.name).toBe('RUNNING');
    const right = client.workflow.getHandle(options.workflowId, undefined, { firstExecutionRunId });
    await right.terminate('done', { by: 'test' });
    expect((await second.describe()).status).toEqual({ name: 'TERMINATED', code: 5 });
  });
});

describe('a description', () => {
  it('tells what the start said', async () => {
    const customer = defineSearchAttributeKey('customer', 'KEYWORD');
    const due = defineSearchAttributeKey('due', 'DATETIME');
    const date = new Date('2030-01-02T03:04:05Z');
    const handle = await client.workflow.start(forever, {
      ...fresh(),
      memo: { order: { id: 7 } },
      typedSearchAttributes: [
        { key: customer, value: 'c-1' },
        { key: due, value: date },
      ],
      staticSummary: 'waits',
      staticDetails: 'for **ten** years',
      startDelay: '1 hour',
      priority: { priorityKey: 2 },
    });
    const told = await handle.describe();
    expect(told).toMatchObject({
      type: 'forever',
      workflowId: handle.workflowId,
      runId: handle.firstExecutionRunId,
      firstExecutionRunId: handle.firstExecutionRunId,
      status: { name: 'RUNNING', code: 1 },
      memo: { order: { id: 7 } },
      searchAttributes: { customer: ['c-1'], due: [date] },
      priority: { priorityKey: 2 },
      rootExecution: { workflowId: handle.workflowId, runId: handle.firstExecutionRunId },
      pendingActivities: [],
      pendingChildren: [],
    });
    expect(told.parentExecution).toBeUndefined();
    expect(told.typedSearchAttributes.get(due)).toEqual(date);
    expect(told.executionTime!.getTime() - told.startTime.getTime()).toBe(3_600_000);
    expect([await told.staticSummary(), await told.staticDetails()]).toEqual([
      'waits',
      'for **ten** years',
    ]);
    // Sealed, all of it: the server has seen neither memo nor summary.
    const seen = JSON.stringify([...told.raw.memo!, ...told.raw.userMetadata!.summary!]);
    expect(Buffer.from(JSON.parse(seen) as number[]).toString('latin1')).not.toMatch(/order|waits/);
    await handle.terminate();
  });
});

describe('start options', () => {
  it('that contradict each other are refused with a reason', async () => {
    const start = (options: object) =>
      caught(client.workflow.start(forever, { ...fresh(), ...options }));
    expect(await start({ cronSchedule: 'often' })).toMatchObject({ code: 'INVALID_ARGUMENT' });
    const both = await start({ cronSchedule: '@daily', startDelay: '1 hour' });
    expect(both).toMatchObject({ code: 'INVALID_ARGUMENT' });
    expect(isGrpcServiceError(both)).toBe(true);
    expect(await start({ workflowIdReusePolicy: 'NEVER' })).toMatchObject({
      name: 'ValueError',
      message: expect.stringContaining('ALLOW_DUPLICATE'),
    });
  });

  it('know the spellings of older programs (semantics 58)', async () => {
    const options = fresh();
    const first = await client.workflow.start(forever, options);
    const second = await client.workflow.start(forever, {
      ...options,
      workflowIdReusePolicy: 'WORKFLOW_ID_REUSE_POLICY_TERMINATE_IF_RUNNING',
    });
    expect(second.firstExecutionRunId).not.toBe(first.firstExecutionRunId);
    const used = await client.workflow.start(forever, {
      ...options,
      workflowIdConflictPolicy: 'WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING',
    });
    expect(used.firstExecutionRunId).toBe(second.firstExecutionRunId);
    await second.terminate();
  });
});

describe('the histories of a list', () => {
  it('are those of its runs, in its order, and can be replayed', async () => {
    const { workflowId } = fresh();
    const ids: string[] = [];
    for (let n = 0; n < 4; n++) {
      const handle = await client.workflow.start(chain, { taskQueue, workflowId, args: [0, n] });
      await handle.result();
      ids.unshift(handle.firstExecutionRunId);
    }
    const list = client.workflow.list({ workflowId, pageSize: 3 });
    const listed: string[] = [];
    for await (const { runId } of list) listed.push(runId);
    expect(listed.toSorted()).toEqual(ids.toSorted());
    const runs: string[] = [];
    for await (const each of list.intoHistories({ concurrency: 2 })) {
      const [started] = each.history.events;
      expect(each.workflowId).toBe(workflowId);
      if (started?.eventType !== 'WorkflowExecutionStarted') throw new Error('no start');
      runs.push(started.attributes.firstExecutionRunId);
    }
    expect(runs).toEqual(listed);
    const { keyRing } = client.connection.defaults;
    const code = { workflowsPath, namespace: env.namespace, keyRing };
    const errors: unknown[] = [];
    for await (const { error } of Worker.runReplayHistories(code, list.intoHistories())) {
      errors.push(error);
    }
    expect(errors).toEqual([undefined, undefined, undefined, undefined]);
  });
});
