/** Scenarios 46–58 of the semantics: how runs fail, time out, are terminated and follow each other. */
import { activityInfo, cancelled } from '@perdure/activity';
import { WorkflowFailedError, type WorkflowHandle } from '@perdure/client';
import {
  ApplicationFailure,
  RetryState,
  TerminatedFailure,
  TimeoutFailure,
  TimeoutType,
  WorkflowExecutionAlreadyStartedError,
} from '@perdure/common';
import { RawStream, bundleOf, eventsOf, eventually, rejectionOf } from '@perdure/test-support';
import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { historyOf, shape, useFixture, workflowsPathOf } from './fixture.ts';

const fixture = useFixture('lives');
const echo = { act: async (value: unknown) => value };

async function failedTaskOf(handle: WorkflowHandle) {
  const [failed] = eventsOf(await historyOf(handle), 'WorkflowTaskFailed');
  return failed?.attributes;
}

describe('failing', () => {
  it('46: an ApplicationFailure fails the run, with type, details and causes', async () => {
    await fixture.worker();
    const handle = await fixture.start('failsPlanned');
    const error = (await rejectionOf(handle.result())) as WorkflowFailedError;
    expect(error).toBeInstanceOf(WorkflowFailedError);
    expect(error.retryState).toBe(RetryState.RETRY_POLICY_NOT_SET);
    expect(error.cause).toBeInstanceOf(ApplicationFailure);
    expect(error.cause).toMatchObject({
      message: 'as planned',
      type: 'Planned',
      details: [{ code: 7 }],
      cause: { message: 'the root', type: 'Root' },
    });
    expect(error.cause?.stack).toContain('lives.ts');
    expect(await shape(handle)).toBe('S T FAIL');
    expect((await handle.describe()).status.name).toBe('FAILED');
  });

  it('47: a bug fails the task, leaves one failed task, and a worker with the fix completes', async () => {
    const executed: unknown[] = [];
    const act = async (value: unknown) => void executed.push(value);
    const first = await fixture.worker({ activities: { act } });
    const handle = await fixture.start('buggy');
    await eventually(async () => {
      const { pendingWorkflowTask } = await handle.describe();
      expect(pendingWorkflowTask?.attempt).toBeGreaterThan(2);
    });
    expect(await shape(handle)).toBe('S T As Ast Ac Tf');
    expect((await handle.describe()).status.name).toBe('RUNNING');
    expect(await failedTaskOf(handle)).toMatchObject({
      cause: 'WORKFLOW_WORKER_UNHANDLED_FAILURE',
    });
    expect(first.log.some(({ meta }) => String(meta?.['failure']).includes('a bug'))).toBe(true);
    await first.stop();

    const workflowBundle = await bundleOf(workflowsPathOf('lives-fixed'));
    await fixture.worker({ workflowBundle, activities: { act } });
    expect(await handle.result()).toBe('fixed');
    expect(await shape(handle)).toBe('S T As Ast Ac Tf T OK');
    const scheduled = eventsOf(await historyOf(handle), 'WorkflowTaskScheduled');
    expect(scheduled.at(-1)?.attributes.attempt).toBeGreaterThan(1);
    expect(executed).toEqual(['before']);
  });

  it.each([
    ['throwsText', 'a text'],
    ['unhandled', 'left alone'],
  ])('47: %s fails the task as well', async (type, text) => {
    const { log } = await fixture.worker();
    const handle = await fixture.start(type);
    await eventually(async () => expect(await shape(handle)).toBe('S Tf'));
    await eventually(() => {
      expect(log.map(({ meta }) => String(meta?.['failure'])).join()).toContain(text);
    });
    await handle.terminate();
  });

  it('47: what comes while a task keeps failing makes an ordinary task of the next', async () => {
    await fixture.worker();
    const handle = await fixture.start('throwsText');
    await eventually(async () => expect(await shape(handle)).toBe('S Tf'));
    await handle.signal('anything');
    await eventually(async () => expect(await shape(handle)).toMatch(/^S Tf (Sig Tf|Ts Sig .*)$/));
    await handle.terminate();
  });

  it('49: an unknown workflow type waits for a worker that has it', async () => {
    const first = await fixture.worker();
    const handle = await fixture.start('comesLater', 'guest');
    await eventually(async () => expect(await shape(handle)).toBe('S Tf'));
    const said = first.log.map(({ meta }) => String(meta?.['failure'])).join();
    expect(said).toContain("Failed to initialize workflow of type 'comesLater'");
    await first.stop();
    await fixture.worker({ workflowBundle: await bundleOf(workflowsPathOf('lives-fixed')) });
    expect(await handle.result()).toBe('late guest');
    expect(await shape(handle)).toBe('S Tf T OK');
  });
});

describe('tasks that go wrong', () => {
  it('50: a worker that never answers loses the task to its time-out', async () => {
    const { client, taskQueue, stage, platform } = fixture;
    const silent = await RawStream.connect(stage, platform);
    const workflowTypes = ['returns'];
    await silent.openWorker(platform, { taskQueue, workflowTypes, workflowCredit: 1 });
    const handle = await client.workflow.start('returns', {
      taskQueue,
      workflowId: randomUUID(),
      args: ['on time'],
      workflowTaskTimeout: '300ms',
    });
    await eventually(async () => expect(await shape(handle)).toBe('S Tt'));
    await fixture.worker();
    expect(await handle.result()).toBe('on time');
    expect(await shape(handle)).toBe('S Tt T OK');
  });

  it('50: one that goes away without a word loses it at once', async () => {
    const { client, stage, platform, taskQueue } = fixture;
    const silent = await RawStream.connect(stage, platform);
    await silent.openWorker(platform, { taskQueue, workflowTypes: ['x'], workflowCredit: 1 });
    const handle = await client.workflow.start('returns', {
      taskQueue,
      workflowId: randomUUID(),
      args: ['anyway'],
      // Longer than the test may take: nobody waits for it.
      workflowTaskTimeout: '2 minutes',
    });
    await eventually(async () => expect(await shape(handle)).toBe('S Ts Tst'));
    await fixture.worker();
    silent.break();
    expect(await handle.result()).toBe('anyway');
    expect(await shape(handle)).toBe('S Tt T OK');
  });

  it('51: code that does not follow its history fails the task, until the old code is back', async () => {
    let release = (): void => {};
    const held = new Promise<void>((resolve) => (release = resolve));
    const activities = { act: () => held, other: echo.act };
    const options = { activities, shutdownGraceTime: '10s' } as const;
    const first = await fixture.worker(options);
    const handle = await fixture.start('reordered');
    await eventually(() => expect(first.worker.getStatus().numInFlightActivities).toBe(1));
    const stopped = first.stop();
    release();
    await stopped;
    const changed = await bundleOf(workflowsPathOf('lives-fixed'));
    const second = await fixture.worker({ ...options, workflowBundle: changed });
    await eventually(async () => {
      expect(await failedTaskOf(handle)).toMatchObject({ cause: 'NON_DETERMINISTIC_ERROR' });
    });
    const said = second.log.map(({ meta }) => String(meta?.['failure'])).join();
    expect(said).toContain(
      'event 5 (ActivityTaskScheduled) records activity 1 (act), but the code asked for activity 1 (other) at test/e2e/test/workflows/lives-fixed.ts:',
    );
    await second.stop();
    await fixture.worker(options);
    expect(await handle.result()).toBe('in order');
  });
});

it('59: a delayed start waits, unless a signal comes', async () => {
  const { client, taskQueue } = fixture;
  await fixture.worker();
  const options = { taskQueue, args: ['late'] };
  const soon = { ...options, workflowId: randomUUID(), startDelay: '200ms' } as const;
  const started = await client.workflow.start('returns', soon);
  expect(await shape(started)).toBe('S');
  expect(await started.result()).toBe('late');
  const far = { ...options, workflowId: randomUUID(), startDelay: '1 day' } as const;
  const woken = await client.workflow.start('returns', far);
  await woken.signal('wake up');
  expect(await woken.result()).toBe('late');
  expect(await shape(woken)).toBe('S Sig T OK');
});

describe('ending from outside', () => {
  it('52: a run timeout closes the run, with a worker or without', async () => {
    const { client, taskQueue } = fixture;
    const options = { taskQueue, workflowRunTimeout: '300ms' } as const;
    const workflowId = `timed-${randomUUID()}`;
    const alone = await client.workflow.start('waits', { ...options, workflowId });
    const error = (await rejectionOf(alone.result())) as WorkflowFailedError;
    expect(error.message).toBe('Workflow execution timed out');
    expect(error.cause).toBeInstanceOf(TimeoutFailure);
    expect((error.cause as TimeoutFailure).timeoutType).toBe(TimeoutType.START_TO_CLOSE);
    expect(await shape(alone)).toBe('S Ts TO');
    expect((await alone.describe()).status.name).toBe('TIMED_OUT');

    await fixture.worker();
    const worked = await client.workflow.start('waits', { ...options, workflowId });
    await rejectionOf(worked.result());
    expect(await shape(worked)).toBe('S T TO');
  });

  it('56: terminate ends a run at once, with its reason, whatever it does', async () => {
    let heard: unknown;
    const act = async () => cancelled().catch((error: Error) => (heard = error.message));
    await fixture.worker({ activities: { act } });
    const handle = await fixture.start('actOnce', 'x');
    await eventually(async () => {
      expect((await handle.describe()).pendingActivities[0]?.state).toBe('STARTED');
    });
    await handle.terminate('enough', { detail: 1 });
    const error = await rejectionOf(handle.result());
    expect(error.message).toBe('enough');
    expect(error.cause).toBeInstanceOf(TerminatedFailure);
    expect(error.cause).toMatchObject({ message: 'enough' });
    expect(await shape(handle)).toBe('S T As TERM');
    expect(await handle.describe()).toMatchObject({
      status: { name: 'TERMINATED' },
      pendingActivities: [],
      closeTime: expect.any(Date),
    });
    await eventually(() => expect(heard).toBeDefined());
  });

  it('56: a started workflow task is failed by it, and its completion comes too late', async () => {
    const { client, taskQueue } = fixture;
    // A worker that takes the task and says nothing.
    const handle = await client.workflow.start('waits', { taskQueue, workflowId: randomUUID() });
    const stream = await RawStream.connect(fixture.stage, fixture.platform);
    await stream.openWorker(fixture.platform, {
      taskQueue,
      workflowTypes: ['waits'],
      workflowCredit: 1,
    });
    const { workflowTasks } = await stream.hear('tasks', (mail) => mail.workflowTasks.length > 0);
    await handle.terminate('now');
    expect(await shape(handle)).toBe('S Tf TERM');
    expect(await failedTaskOf(handle)).toMatchObject({ cause: 'FORCE_CLOSE_COMMAND' });
    const { workflowId, runId, startedEventId, attempt, fence } = workflowTasks[0]!;
    const token = { workflowId, runId, startedEventId, attempt, fence };
    const late = { kind: 'workflowTaskCompleted', n: 1, token, commands: [] } as const;
    stream.say({ kind: 'complete', channel: 1, completions: [late] });
    const { acks } = await stream.hear('tasks', (mail) => mail.acks.length > 0);
    expect(acks[0]?.outcome).toBe('stale');
  });
});

describe('58: one workflow id after another', () => {
  it('of an open run: FAIL, USE_EXISTING, TERMINATE_EXISTING', async () => {
    const { client, taskQueue } = fixture;
    const base = { taskQueue, workflowId: `id-${randomUUID()}` };
    const first = await client.workflow.start('waits', base);
    const refused = await rejectionOf(client.workflow.start('waits', base));
    expect(refused).toBeInstanceOf(WorkflowExecutionAlreadyStartedError);
    expect(refused).toMatchObject({ workflowId: base.workflowId, workflowType: 'waits' });

    const used = await client.workflow.start('waits', {
      ...base,
      workflowIdConflictPolicy: 'USE_EXISTING',
    });
    expect(used.firstExecutionRunId).toBe(first.firstExecutionRunId);

    const next = await client.workflow.start('waits', {
      ...base,
      workflowIdConflictPolicy: 'TERMINATE_EXISTING',
    });
    expect(next.firstExecutionRunId).not.toBe(first.firstExecutionRunId);
    expect((await rejectionOf(first.result())).cause).toBeInstanceOf(TerminatedFailure);
    const old = client.workflow.getHandle(base.workflowId, first.firstExecutionRunId);
    expect((await old.describe()).status.name).toBe('TERMINATED');
    expect(await shape(old)).toBe('S Ts TERM');
    expect((await next.describe()).status.name).toBe('RUNNING');
    await next.terminate();
  });

  it('of a closed run: ALLOW_DUPLICATE, ALLOW_DUPLICATE_FAILED_ONLY, REJECT_DUPLICATE', async () => {
    await fixture.worker();
    const { client, taskQueue } = fixture;
    const again = (workflowId: string, workflowIdReusePolicy?: 'REJECT_DUPLICATE') =>
      client.workflow.start('returns', { taskQueue, workflowId, workflowIdReusePolicy });
    const failedOnly = 'ALLOW_DUPLICATE_FAILED_ONLY' as 'REJECT_DUPLICATE';

    const completed = await fixture.start('returns', 1);
    await completed.result();
    const failed = await fixture.start('failsPlanned');
    await rejectionOf(failed.result());
    const { workflowId } = completed;
    expect(await rejectionOf(again(workflowId, failedOnly))).toBeInstanceOf(
      WorkflowExecutionAlreadyStartedError,
    );
    for (const id of [workflowId, failed.workflowId]) {
      expect(await rejectionOf(again(id, 'REJECT_DUPLICATE'))).toBeInstanceOf(
        WorkflowExecutionAlreadyStartedError,
      );
    }
    await (await again(failed.workflowId, failedOnly)).result();
    const second = await again(workflowId);
    await second.result();
    const runs = [];
    for await (const { runId } of client.workflow.list({ workflowId })) runs.push(runId);
    expect(runs).toEqual([second.firstExecutionRunId, completed.runId]);
  });

  it('of many at once, one wins', async () => {
    const { client, taskQueue } = fixture;
    const base = { taskQueue, workflowId: `race-${randomUUID()}` };
    const starts = Array.from({ length: 20 }, () => client.workflow.start('waits', base));
    const settled = await Promise.allSettled(starts);
    const won = settled.filter(({ status }) => status === 'fulfilled');
    expect(won).toHaveLength(1);
    for (const each of settled) {
      if (each.status === 'fulfilled') continue;
      expect(each.reason).toBeInstanceOf(WorkflowExecutionAlreadyStartedError);
    }
    const handle = client.workflow.getHandle(base.workflowId);
    expect(await shape(handle)).toBe('S Ts');
    await handle.terminate();
  });

  it('of many at once with TERMINATE_EXISTING, each makes way for the next', async () => {
    const { client, taskQueue } = fixture;
    const workflowId = `replace-${randomUUID()}`;
    const options = {
      taskQueue,
      workflowId,
      workflowIdConflictPolicy: 'TERMINATE_EXISTING',
    } as const;
    const handles = await Promise.all(
      Array.from({ length: 10 }, () => client.workflow.start('waits', options)),
    );
    const statuses: string[] = [];
    for await (const { status } of client.workflow.list({ workflowId })) statuses.push(status);
    expect(statuses.toSorted()).toEqual(['RUNNING', ...Array(9).fill('TERMINATED')]);
    expect(new Set(handles.map(({ firstExecutionRunId }) => firstExecutionRunId)).size).toBe(10);
    await client.workflow.getHandle(workflowId).terminate();
  });
});

describe('requests that are sent twice', () => {
  const call = () => {
    const { platform, taskQueue, client } = fixture;
    const workflowId = `twice-${randomUUID()}`;
    const start = {
      namespace: platform.namespace,
      workflowId,
      workflowType: 'waits',
      taskQueue,
      requestId: randomUUID(),
    };
    return { start, workflowId, service: client.connection.service.workflow };
  };

  it('a start: the same run, at once, later, and after it has closed', async () => {
    const { start, service, workflowId } = call();
    const both = await Promise.all([
      service.startWorkflow.mutate(start),
      service.startWorkflow.mutate(start),
    ]);
    const { runId } = both[0];
    expect(both[1].runId).toBe(runId);
    expect(both.filter(({ started }) => started)).toHaveLength(1);
    const handle = fixture.client.workflow.getHandle(workflowId);
    await handle.terminate();
    expect(await service.startWorkflow.mutate(start)).toMatchObject({ runId, started: false });
    const other = await service.startWorkflow.mutate({ ...start, requestId: randomUUID() });
    expect(other.runId).not.toBe(runId);
    await handle.terminate();
  });

  it('a cancel and a terminate: once', async () => {
    const { start, service, workflowId } = call();
    await service.startWorkflow.mutate(start);
    const { namespace } = start;
    const cancel = { namespace, workflowId, requestId: randomUUID() };
    await Promise.all([
      service.requestCancelWorkflow.mutate(cancel),
      service.requestCancelWorkflow.mutate(cancel),
    ]);
    await service.requestCancelWorkflow.mutate(cancel);
    const handle = fixture.client.workflow.getHandle(workflowId);
    expect(await shape(handle)).toBe('S Ts CR');
    const terminate = { namespace, workflowId, requestId: randomUUID(), reason: 'twice' };
    await service.terminateWorkflow.mutate(terminate);
    await service.terminateWorkflow.mutate(terminate);
    expect(await shape(handle)).toBe('S Ts CR TERM');
  });
});

describe('looking', () => {
  it('lists read what was written before, by status, type and id, page by page', async () => {
    const { client, taskQueue } = fixture;
    await fixture.worker();
    const tag = randomUUID();
    const ids = Array.from({ length: 7 }, (_, i) => `${tag}-${i}`);
    const idsOf = async (options: Parameters<typeof client.workflow.list>[0]) => {
      const found: string[] = [];
      for await (const { workflowId } of client.workflow.list(options)) {
        if (workflowId.startsWith(tag)) found.push(workflowId);
      }
      return found;
    };
    for (const workflowId of ids) await client.workflow.start('waits', { taskQueue, workflowId });
    const latestFirst = ids.toReversed();
    expect(await idsOf({ status: 'RUNNING', pageSize: 2 })).toEqual(latestFirst);
    expect(await idsOf({ workflowType: 'waits', status: 'RUNNING' })).toEqual(latestFirst);
    expect(await idsOf({ workflowId: ids[3] })).toEqual([ids[3]]);
    expect(await idsOf({ workflowType: 'returns' })).toEqual([]);
    for (const workflowId of ids) {
      await client.workflow.getHandle(workflowId).terminate();
      expect(await idsOf({ status: 'TERMINATED' })).toContain(workflowId);
      expect(await idsOf({ status: 'RUNNING' })).not.toContain(workflowId);
    }
    const done = `${tag}-done`;
    await client.workflow.execute('returns', { taskQueue, workflowId: done });
    expect(await idsOf({ status: 'COMPLETED' })).toEqual([done]);
  });

  it('a hundred wait for one result, before and after it is there', async () => {
    const handle = await fixture.start('actOnce', 'the result');
    const waiting = Array.from({ length: 100 }, () => handle.result());
    await fixture.worker({ activities: echo });
    expect(new Set(await Promise.all(waiting))).toEqual(new Set(['the result']));
    expect(await handle.result()).toBe('the result');
  });

  it('a result that is waited for outlasts other runs of the same id', async () => {
    const { client, taskQueue } = fixture;
    const base = { taskQueue, workflowId: `chain-${randomUUID()}` };
    const first = await client.workflow.start('waits', base);
    const waiting = rejectionOf(first.result());
    await first.terminate('the first');
    const second = await client.workflow.start('waits', base);
    const next = rejectionOf(second.result());
    await second.terminate('the second');
    expect((await waiting).message).toBe('the first');
    expect((await next).message).toBe('the second');
  });

  it('describe tells what a run waits for', async () => {
    const { client, taskQueue } = fixture;
    const workflowId = randomUUID();
    const handle = await client.workflow.start('actOnce', { taskQueue, workflowId, args: ['x'] });
    expect(await handle.describe()).toMatchObject({
      type: 'actOnce',
      workflowId,
      taskQueue,
      status: { name: 'RUNNING' },
      historyLength: 2,
      pendingActivities: [],
      pendingWorkflowTask: { state: 'SCHEDULED', attempt: 1 },
    });
    await fixture.worker();
    await eventually(async () => {
      expect(await handle.describe()).toMatchObject({
        pendingWorkflowTask: undefined,
        pendingActivities: [{ state: 'SCHEDULED', attempt: 1, activityType: 'act' }],
      });
    });
    const act = async () => `at ${activityInfo().attempt}`;
    await fixture.activityWorker({ activities: { act } });
    expect(await handle.result()).toBe('at 1');
  });
});
