/** Activities that are completed from outside their worker, chains of runs, descriptions. */
import { randomUUID } from 'node:crypto';
import type { ActivityTarget } from '@perdure/contract';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { DataPlane } from '../src/index.ts';
import { FakeWorker, finish, schedule } from './fake-worker.ts';
import { World, callerOf, historyOf, startInput, typesOf } from './test-plane.ts';

const caller = callerOf();
const { namespace } = caller;
let world: World;
afterEach(() => world.close());

/** A run with one activity that runs. */
async function withActivity(
  options: object = {},
): Promise<{ plane: DataPlane; worker: FakeWorker; runId: string; token: ActivityTarget }> {
  world = new World();
  const plane = world.start();
  const worker = await new FakeWorker().connect(plane);
  const { runId } = await plane.workflows.startWorkflow(caller, startInput('w'));
  await worker.completeWorkflowTask(await worker.workflowTask(), schedule('a', options));
  const token = (await vi.waitFor(async () => {
    const { pendingActivities } = await plane.workflows.describeWorkflow(caller, {
      namespace,
      workflowId: 'w',
    });
    expect(pendingActivities).toMatchObject([{ state: 'STARTED' }]);
    return { workflowId: 'w', runId, scheduledEventId: 5, attempt: 1 };
  })) satisfies ActivityTarget;
  return { plane, worker, runId, token };
}

const byId: ActivityTarget = { workflowId: 'w', activityId: 'a' };
const refusal = (code: string) => expect.objectContaining({ code });

describe('an activity is completed from outside', () => {
  it.each([['by id'], ['by token']])('%s, once (semantics 14)', async (how) => {
    const { plane, worker, token } = await withActivity();
    const activity = how === 'by id' ? byId : token;
    const call = { namespace, activity, result: Uint8Array.of(1, 144), requestId: randomUUID() };
    await plane.workflows.completeActivity(caller, call);
    // The answer was lost, and the call is made again.
    await plane.workflows.completeActivity(caller, call);
    await expect(
      plane.workflows.completeActivity(caller, { ...call, requestId: randomUUID() }),
    ).rejects.toEqual(refusal('ACTIVITY_NOT_FOUND'));
    await worker.completeWorkflowTask(await worker.workflowTask(1), finish);
    await plane.workflows.completeActivity(caller, call);
    expect(typesOf(await historyOf(plane, 'w')).slice(4, 7)).toEqual([
      'ActivityTaskScheduled',
      'ActivityTaskStarted',
      'ActivityTaskCompleted',
    ]);
  });

  it('not by the token of another attempt, or under another id', async () => {
    const { plane, token } = await withActivity();
    for (const activity of [
      { ...token, attempt: 2 },
      { workflowId: 'w', activityId: 'b' },
      { workflowId: 'v', activityId: 'a' },
    ]) {
      const call = { namespace, activity, requestId: randomUUID() };
      await expect(plane.workflows.completeActivity(caller, call)).rejects.toEqual(
        refusal('ACTIVITY_NOT_FOUND'),
      );
    }
  });

  it('and not in the clear where the namespace is sealed', async () => {
    const { plane, token } = await withActivity();
    const sealed = callerOf(1, true);
    const failure = { message: 'secret', info: { kind: 'application' } } as const;
    const call = { namespace, activity: token, requestId: randomUUID() };
    await expect(
      plane.workflows.completeActivity(sealed, { ...call, result: Uint8Array.of(1, 144) }),
    ).rejects.toEqual(refusal('PLAINTEXT_REFUSED'));
    await expect(plane.workflows.failActivity(sealed, { ...call, failure })).rejects.toEqual(
      refusal('PLAINTEXT_REFUSED'),
    );
  });
});

describe('an activity that its worker has let go of', () => {
  it('is not taken for lost when the run is woken', async () => {
    world = new World();
    const plane = world.start();
    const worker = await new FakeWorker().connect(plane);
    await plane.workflows.startWorkflow(caller, startInput('w'));
    const timer = { commandType: 'StartTimer', timerId: 't', startToFireTimeoutMs: 200 } as const;
    await worker.completeWorkflowTask(await worker.workflowTask(), schedule('a'), timer);
    const { scheduledEventId } = await vi.waitFor(async () => {
      const [event] = (await historyOf(plane, 'w')).filter(
        ({ eventType }) => eventType === 'ActivityTaskScheduled',
      );
      if (!event) throw new Error('not scheduled');
      return { scheduledEventId: event.eventId };
    });
    const { runId } = await plane.workflows.describeWorkflow(caller, {
      namespace,
      workflowId: 'w',
    });
    const token = { workflowId: 'w', runId, scheduledEventId, attempt: 1 };
    const ack = await worker.complete({ kind: 'activityDetached', token });
    expect(ack.outcome).toBe('ok');
    // The timer wakes the run, which then looks after its activities.
    await worker.workflowTask(1);
    const told = await plane.workflows.describeWorkflow(caller, { namespace, workflowId: 'w' });
    expect(told.pendingActivities).toMatchObject([{ state: 'STARTED', attempt: 1 }]);
    const call = { namespace, activity: token, requestId: randomUUID() };
    await plane.workflows.completeActivity(caller, call);
  });
});

describe('an activity from outside', () => {
  it('fails, and its retry policy decides', async () => {
    const { plane } = await withActivity({
      retryPolicy: {
        initialIntervalMs: 3_600_000,
        backoffCoefficient: 1,
        maximumIntervalMs: 3_600_000,
        maximumAttempts: 2,
        nonRetryableErrorTypes: [],
      },
    });
    const failure = { message: 'no', info: { kind: 'application' } } as const;
    const call = { namespace, activity: byId, failure, requestId: randomUUID() };
    await plane.workflows.failActivity(caller, call);
    const told = await plane.workflows.describeWorkflow(caller, { namespace, workflowId: 'w' });
    expect(told.pendingActivities).toMatchObject([
      { state: 'BACKING_OFF', attempt: 2, lastFailure: { message: 'no' } },
    ]);
    // Between two attempts there is nobody to hear from.
    await expect(
      plane.workflows.heartbeatActivity(caller, { namespace, activity: byId }),
    ).rejects.toEqual(refusal('ACTIVITY_NOT_FOUND'));
  });

  it('is alive, hears that it is to stop, and says that it has', async () => {
    const { plane, worker } = await withActivity();
    const beat = { namespace, activity: byId, details: Uint8Array.of(1, 144) };
    expect(await plane.workflows.heartbeatActivity(caller, beat)).toEqual({
      cancelRequested: false,
    });
    const cancel = { namespace, workflowId: 'w', requestId: randomUUID() };
    await plane.workflows.requestCancelWorkflow(caller, cancel);
    const task = await worker.workflowTask(1);
    await worker.completeWorkflowTask(task, {
      commandType: 'RequestCancelActivityTask',
      activityId: 'a',
    });
    expect(await plane.workflows.heartbeatActivity(caller, beat)).toEqual({
      cancelRequested: true,
    });
    const call = { namespace, activity: byId, requestId: randomUUID() };
    await plane.workflows.reportActivityCancellation(caller, call);
    expect(typesOf(await historyOf(plane, 'w'))).toContain('ActivityTaskCanceled');
  });
});

describe('a call that is meant for one chain of runs', () => {
  it('does not reach a run of another chain', async () => {
    world = new World();
    const plane = world.start();
    const first = await plane.workflows.startWorkflow(caller, startInput('w'));
    const call = { namespace, workflowId: 'w', firstExecutionRunId: first.runId };
    await plane.workflows.terminateWorkflow(caller, { ...call, requestId: randomUUID() });
    const second = await plane.workflows.startWorkflow(caller, startInput('w'));
    for (const verb of ['terminateWorkflow', 'requestCancelWorkflow'] as const) {
      await expect(
        plane.workflows[verb](caller, { ...call, requestId: randomUUID() }),
      ).rejects.toEqual(refusal('WORKFLOW_NOT_FOUND'));
    }
    const told = await plane.workflows.describeWorkflow(caller, { namespace, workflowId: 'w' });
    expect(told).toMatchObject({ runId: second.runId, status: 'RUNNING', historyLength: 2 });
    const own = { ...call, firstExecutionRunId: second.runId, requestId: randomUUID() };
    await plane.workflows.requestCancelWorkflow(caller, own);
    expect(typesOf(await historyOf(plane, 'w'))).toContain('WorkflowExecutionCancelRequested');
  });
});

describe('a description', () => {
  it('tells how the run was started, and what has changed since', async () => {
    world = new World();
    const plane = world.start();
    const worker = await new FakeWorker().connect(plane);
    const memo = Uint8Array.of(1, 1);
    const input = startInput('w', {
      memo,
      searchAttributes: { customer: { type: 'KEYWORD', value: 'c-1' }, gone: { value: 1 } },
      userMetadata: { summary: Uint8Array.of(1, 2) },
      priority: { priorityKey: 1 },
    });
    const { runId } = await plane.workflows.startWorkflow(caller, input);
    const ask = { namespace, workflowId: 'w' };
    expect(await plane.workflows.describeWorkflow(caller, ask)).toMatchObject({
      memo,
      searchAttributes: input.searchAttributes,
      userMetadata: input.userMetadata,
      priority: { priorityKey: 1 },
      rootExecution: { workflowId: 'w', runId },
    });
    await worker.completeWorkflowTask(
      await worker.workflowTask(),
      {
        commandType: 'UpsertWorkflowSearchAttributes',
        searchAttributes: { gone: { value: null }, amount: { type: 'INT', value: 3 } },
      },
      { commandType: 'ModifyWorkflowProperties', memo: Uint8Array.of(1, 3) },
    );
    const after = await plane.workflows.describeWorkflow(caller, ask);
    expect([...after.memo!]).toEqual([1, 3]);
    expect(after).toMatchObject({
      searchAttributes: {
        customer: { type: 'KEYWORD', value: 'c-1' },
        amount: { type: 'INT', value: 3 },
      },
    });
    expect(after.searchAttributes).not.toHaveProperty('gone');
  });

  it('tells when a delayed run begins', async () => {
    world = new World();
    const plane = world.start();
    const input = startInput('w', { startDelayMs: 3_600_000 });
    await plane.workflows.startWorkflow(caller, input);
    const told = await plane.workflows.describeWorkflow(caller, { namespace, workflowId: 'w' });
    expect(told.executionTime! - told.startTime).toBe(3_600_000);
  });
});
