/** What the committer promises, with the store failing in every way. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Command, decodeEvents } from '@perdure/protocol';
import { FakeWorker, finish, schedule, settle, tokenOf } from './fake-worker.ts';
import { World, callerOf, historyOf, startInput, typesOf } from './test-plane.ts';

let world: World;
const caller = callerOf();
const { namespace } = caller;

beforeEach(() => {
  world = new World();
});
afterEach(() => world.close());

const signal = (workflowId: string, requestId: string, runId?: string) => ({
  namespace,
  workflowId,
  runId,
  signalName: requestId,
  requestId,
});

describe('workflows that are not there', () => {
  test.each(['describeWorkflow', 'getHistory'] as const)('%s says so', async (operation) => {
    const plane = world.start();
    const input = {
      namespace,
      workflowId: 'nobody',
      fromEventId: 1,
      waitForClose: false,
      closeEventOnly: false,
    };
    await expect(plane.workflows[operation](caller, input, undefined)).rejects.toMatchObject({
      code: 'WORKFLOW_NOT_FOUND',
    });
    await plane.workflows.startWorkflow(caller, startInput('after'));
  });

  test('signal, cancel and terminate say so', async () => {
    const { workflows } = world.start();
    const refusal = { code: 'WORKFLOW_NOT_FOUND' };
    await expect(workflows.signalWorkflow(caller, signal('nobody', 's'))).rejects.toMatchObject(
      refusal,
    );
    const call = { namespace, workflowId: 'nobody', requestId: 'c' };
    await expect(workflows.requestCancelWorkflow(caller, call)).rejects.toMatchObject(refusal);
    await expect(workflows.terminateWorkflow(caller, call)).rejects.toMatchObject(refusal);
  });
});

describe('request ids', () => {
  test('two signals with one request id that wait together are one', async () => {
    const { workflows } = world.start();
    const plane = world.planes[0]!;
    await workflows.startWorkflow(caller, startInput('w'));
    await Promise.all([
      workflows.signalWorkflow(caller, signal('w', 'same')),
      workflows.signalWorkflow(caller, signal('w', 'same')),
      workflows.signalWorkflow(caller, signal('w', 'other')),
    ]);
    const signals = (await historyOf(plane, 'w')).filter(
      ({ eventType }) => eventType === 'WorkflowExecutionSignaled',
    );
    expect(signals.map(({ attributes }) => attributes)).toMatchObject([
      { signalName: 'same' },
      { signalName: 'other' },
    ]);
  });

  test('a signal that was answered is answered again after a restart', async () => {
    const first = world.start();
    await first.workflows.startWorkflow(caller, startInput('w'));
    await first.workflows.signalWorkflow(caller, signal('w', 'once'));
    await first.close();
    const second = world.start();
    await second.workflows.signalWorkflow(caller, signal('w', 'once'));
    expect(
      typesOf(await historyOf(second, 'w')).filter((type) => /Signaled/.test(type)),
    ).toHaveLength(1);
  });

  test('a request that closed its run is answered again, although the run is closed', async () => {
    const plane = world.start();
    await plane.workflows.startWorkflow(caller, startInput('w'));
    const call = { namespace, workflowId: 'w', requestId: 'end it' };
    await plane.workflows.terminateWorkflow(caller, call);
    await plane.workflows.terminateWorkflow(caller, call);
    await expect(
      plane.workflows.terminateWorkflow(caller, { ...call, requestId: 'another' }),
    ).rejects.toMatchObject({ code: 'WORKFLOW_NOT_FOUND' });
  });

  test('starts with one request id give one run', async () => {
    const { workflows } = world.start();
    const input = startInput('w', { requestId: 'same' });
    const both = await Promise.all([
      workflows.startWorkflow(caller, input),
      workflows.startWorkflow(caller, input),
    ]);
    expect(both[0].runId).toBe(both[1].runId);
  });

  test('a start is the same start after its run has continued as new, and when all is over', async () => {
    const plane = world.start();
    const worker = await new FakeWorker().connect(plane);
    const input = startInput('w', { requestId: 'same' });
    const first = await plane.workflows.startWorkflow(caller, input);
    const again: Command = { commandType: 'ContinueAsNewWorkflowExecution' };
    await worker.completeWorkflowTask(await worker.workflowTask(), again);
    const { firstExecutionRunId } = await plane.workflows.startWorkflow(caller, input);
    expect(firstExecutionRunId).toBe(first.runId);
    world.skew += 2_000;
    await worker.completeWorkflowTask(await worker.workflowTask(1), finish);
    const last = await plane.workflows.startWorkflow(caller, input);
    expect(last).toMatchObject({ firstExecutionRunId, started: false });
    const page = await plane.workflows.listWorkflows(caller, { namespace, pageSize: 10 });
    expect(page.executions).toHaveLength(2);
  });
});

describe('starts', () => {
  test('of two with one workflow id one wins', async () => {
    const { workflows } = world.start();
    const both = await Promise.allSettled([
      workflows.startWorkflow(caller, startInput('w')),
      workflows.startWorkflow(caller, startInput('w')),
    ]);
    expect(both.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
    expect(both[1]).toMatchObject({ reason: { code: 'WORKFLOW_ALREADY_STARTED' } });
  });

  test('of two servers on one store one wins', async () => {
    const planes = [world.start({ alone: false }), world.start({ alone: false })];
    for (let round = 0; round < 10; round++) {
      const both = await Promise.allSettled(
        planes.map(({ workflows }) => workflows.startWorkflow(caller, startInput(`w${round}`))),
      );
      expect(both.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    }
  });

  test('a request that names another run does not reach the run that starts before it', async () => {
    const plane = world.start();
    const old = await plane.workflows.startWorkflow(caller, startInput('w'));
    await plane.workflows.terminateWorkflow(caller, { namespace, workflowId: 'w', requestId: '1' });
    const [fresh, wrong] = await Promise.allSettled([
      plane.workflows.startWorkflow(caller, startInput('w')),
      plane.workflows.terminateWorkflow(caller, {
        namespace,
        workflowId: 'w',
        runId: old.runId,
        requestId: '2',
      }),
    ]);
    expect(fresh.status).toBe('fulfilled');
    expect(wrong).toMatchObject({ reason: { code: 'WORKFLOW_NOT_FOUND' } });
    const { status } = await plane.workflows.describeWorkflow(caller, {
      namespace,
      workflowId: 'w',
    });
    expect(status).toBe('RUNNING');
  });

  test('TERMINATE_EXISTING ends the open run and starts another', async () => {
    const plane = world.start();
    const old = await plane.workflows.startWorkflow(caller, startInput('w'));
    const next = await plane.workflows.startWorkflow(
      caller,
      startInput('w', { workflowIdConflictPolicy: 'TERMINATE_EXISTING' }),
    );
    expect(next.runId).not.toBe(old.runId);
    const history = await historyOf(plane, 'w', { runId: old.runId });
    expect(history.at(-1)).toMatchObject({ eventType: 'WorkflowExecutionTerminated' });
  });

  test('a run that follows another is given its own events', async () => {
    const plane = world.start();
    await plane.workflows.startWorkflow(caller, startInput('w'));
    const conflict = { workflowIdConflictPolicy: 'TERMINATE_EXISTING' as const };
    await plane.workflows.startWorkflow(caller, startInput('w', conflict));
    const worker = await new FakeWorker().connect(plane);
    const task = await worker.workflowTask();
    expect(task.firstEventId).toBe(1);
    expect(decodeEvents(task.events).map(({ eventId }) => eventId)).toEqual([1, 2, 3]);
  });

  test('TERMINATE_EXISTING with REJECT_DUPLICATE is refused, and terminates nothing', async () => {
    const plane = world.start();
    await plane.workflows.startWorkflow(caller, startInput('w'));
    await expect(
      plane.workflows.startWorkflow(
        caller,
        startInput('w', {
          workflowIdConflictPolicy: 'TERMINATE_EXISTING',
          workflowIdReusePolicy: 'REJECT_DUPLICATE',
        }),
      ),
    ).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    const { status } = await plane.workflows.describeWorkflow(caller, {
      namespace,
      workflowId: 'w',
    });
    expect(status).toBe('RUNNING');
  });
});

describe('a store that fails', () => {
  test.each(['fails', 'lost', 'conflicts'] as const)(
    'once (%s): a start is there once',
    async (fault) => {
      const plane = world.start();
      world.store.faults.push(fault);
      const { runId } = await plane.workflows.startWorkflow(caller, startInput('w'));
      const history = await historyOf(plane, 'w', { runId });
      expect(typesOf(history)).toEqual(['WorkflowExecutionStarted', 'WorkflowTaskScheduled']);
    },
  );

  test.each(['fails', 'lost', 'conflicts'] as const)(
    'once (%s): a signal is there once',
    async (fault) => {
      const plane = world.start();
      await plane.workflows.startWorkflow(caller, startInput('w'));
      world.store.faults.push(fault);
      await plane.workflows.signalWorkflow(caller, signal('w', 'once'));
      const types = typesOf(await historyOf(plane, 'w'));
      expect(types.filter((type) => type === 'WorkflowExecutionSignaled')).toHaveLength(1);
    },
  );

  test('once (lost), at the close: whoever waits for the result looks again', async () => {
    const plane = world.start();
    const worker = await new FakeWorker().connect(plane);
    const { runId } = await plane.workflows.startWorkflow(caller, startInput('w'));
    const asked = { namespace, workflowId: 'w', runId, fromEventId: 1 };
    const waiting = plane.workflows.getHistory(
      caller,
      { ...asked, waitForClose: true, closeEventOnly: true },
      undefined,
    );
    const task = await worker.workflowTask();
    world.store.faults.push('lost');
    await worker.completeWorkflowTask(task, finish);
    // It may say that the run is open: the client asks again, and hears.
    await waiting;
    expect((await historyOf(plane, 'w')).at(-1)?.eventType).toBe('WorkflowExecutionCompleted');
  });

  test('for longer than a call waits: the call is told that nobody knows', async () => {
    const plane = world.start();
    world.store.away = true;
    const call = plane.workflows.startWorkflow(caller, startInput('w'));
    // oxlint-disable-next-line vitest/valid-expect -- awaited below, once the answer is due
    const answer = expect(call).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      fields: { retryable: true },
    });
    await settle();
    world.skew += 60_000;
    await answer;
    world.store.away = false;
    await plane.workflows.startWorkflow(caller, startInput('other'));
  });

  test('reads are told that the store is away', async () => {
    const plane = world.start();
    world.store.away = true;
    const read = plane.workflows.getHistory(
      caller,
      { namespace, workflowId: 'w', fromEventId: 1, waitForClose: true, closeEventOnly: true },
      undefined,
    );
    // oxlint-disable-next-line vitest/valid-expect -- awaited below, once the answer is due
    const answer = expect(read).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await settle();
    world.skew += 60_000;
    await answer;
  });

  test('at one transition: its requests fail, everybody else goes on', async () => {
    const plane = world.start();
    world.store.isRefused = ({ key }) => key.workflowId === 'poison';
    const answers = await Promise.allSettled([
      plane.workflows.startWorkflow(caller, startInput('a')),
      plane.workflows.startWorkflow(caller, startInput('poison')),
      plane.workflows.startWorkflow(caller, startInput('b')),
    ]);
    expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(answers[1]).toMatchObject({ reason: { code: 'INTERNAL' } });
    world.store.isRefused = () => false;
    await plane.workflows.startWorkflow(caller, startInput('poison'));
  });

  test('at the state of one run: its requests fail, everybody else goes on', async () => {
    const first = world.start();
    await first.workflows.startWorkflow(caller, startInput('broken'));
    await first.workflows.startWorkflow(caller, startInput('sound'));
    await first.close();
    const loadCurrent = world.store.loadCurrent.bind(world.store);
    world.store.loadCurrent = async (keys) => {
      const found = await loadCurrent(keys);
      return found.map((each) =>
        each?.workflowId === 'broken' ? { ...each, state: new Uint8Array([0xc1]) } : each,
      );
    };
    const second = world.start();
    const answers = await Promise.allSettled([
      second.workflows.signalWorkflow(caller, signal('sound', '1')),
      second.workflows.signalWorkflow(caller, signal('broken', '2')),
      second.workflows.signalWorkflow(caller, signal('sound', '3')),
    ]);
    expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(answers[1]).toMatchObject({ reason: { code: 'INTERNAL' } });
  });
});

describe('slots', () => {
  /** How many workflow tasks the worker is given when there is more work than slots. */
  async function fill(worker: FakeWorker, extra = 30): Promise<number> {
    const before = worker.workflowTasks.length;
    const plane = world.planes[0]!;
    await Promise.all(
      Array.from({ length: extra }, (_, i) =>
        plane.workflows.startWorkflow(caller, startInput(`fill-${i}`)),
      ),
    );
    await settle(50);
    return worker.workflowTasks.length - before;
  }

  test('a run that is started and terminated in one transition leaves no slot taken', async () => {
    const plane = world.start();
    const worker = await new FakeWorker().connect(plane);
    for (let i = 0; i < 3; i++) {
      await Promise.all([
        plane.workflows.startWorkflow(caller, startInput(`w${i}`)),
        plane.workflows.terminateWorkflow(caller, {
          namespace,
          workflowId: `w${i}`,
          requestId: 'r',
        }),
      ]);
    }
    expect(worker.workflowTasks).toHaveLength(0);
    expect(await fill(worker)).toBe(10);
  });

  test.each(['fails', 'conflicts', 'lost'] as const)(
    'a commit that %s takes none; the task that was pushed early is void',
    async (fault) => {
      const plane = world.start();
      const worker = await new FakeWorker().connect(plane);
      world.store.faults.push(fault);
      await plane.workflows.startWorkflow(caller, startInput('w'));
      const early = await worker.workflowTask();
      const standing = await worker.workflowTask(1);
      expect(standing.fence).not.toBe(early.fence);
      expect(await worker.completeWorkflowTask(early, finish)).toMatchObject({ outcome: 'stale' });
      expect(await worker.completeWorkflowTask(standing, finish)).toMatchObject({ outcome: 'ok' });
      worker.connection!.credit(2, 0);
      expect(await fill(worker)).toBe(10);
    },
  );

  test('an answer to a task that was pushed early waits for its commit', async () => {
    const plane = world.start();
    const worker = await new FakeWorker().connect(plane);
    let release = () => {};
    world.store.beforeCommit = () => new Promise<void>((resolve) => (release = resolve));
    const started = plane.workflows.startWorkflow(caller, startInput('w'));
    const task = await worker.workflowTask();
    const [n] = worker.report({
      kind: 'workflowTaskCompleted',
      token: tokenOf(task),
      commands: [finish],
    });
    await settle(20);
    expect(worker.acks.size).toBe(0);
    world.store.beforeCommit = () => {};
    release();
    await started;
    expect(await worker.ack(n!)).toMatchObject({ outcome: 'ok' });
  });

  test('whether a task that was pushed early stands is told once its commit has returned', async () => {
    const plane = world.start();
    const worker = await new FakeWorker().connect(plane);
    let release = () => {};
    world.store.beforeCommit = () => new Promise<void>((resolve) => (release = resolve));
    world.store.faults.push('conflicts');
    const started = plane.workflows.startWorkflow(caller, startInput('w'));
    const early = await worker.workflowTask();
    const [n] = worker.report({ kind: 'workflowTaskConfirmed', token: tokenOf(early) });
    await settle(20);
    expect(worker.acks.size).toBe(0);
    world.store.beforeCommit = () => {};
    release();
    await started;
    expect(await worker.ack(n!)).toMatchObject({ outcome: 'stale' });
    const standing = await worker.workflowTask(1);
    const confirmed = worker.complete({ kind: 'workflowTaskConfirmed', token: tokenOf(standing) });
    expect(await confirmed).toMatchObject({ outcome: 'ok' });
    // It is the worker's all the same.
    expect(await worker.completeWorkflowTask(standing, finish)).toMatchObject({ outcome: 'ok' });
  });

  test('those of an earlier connection count for nothing', async () => {
    const plane = world.start();
    const worker = await new FakeWorker().connect(plane);
    let release = () => {};
    world.store.beforeCommit = () => new Promise<void>((resolve) => (release = resolve));
    const started = plane.workflows.startWorkflow(caller, startInput('w'));
    await settle();
    // It was given a task; now it comes back, does not have it and says that all slots are free.
    const old = worker.channel;
    await worker.connect(plane);
    expect(worker.channel).not.toBe(old);
    world.store.beforeCommit = () => {};
    release();
    await started;
    expect(await worker.workflowTask(1)).toMatchObject({ attempt: 2 });
    await settle(50);
    expect(worker.workflowTasks).toHaveLength(2);
    expect(await fill(worker)).toBe(9);
  });

  test('a frame of an earlier connection changes nothing', async () => {
    const plane = world.start();
    const worker = await new FakeWorker().connect(plane);
    const old = worker.connection!;
    await worker.connect(plane);
    old.credit(5, 5);
    old.drain();
    old.close();
    old.disconnected();
    expect(await fill(worker)).toBe(10);
  });
});

describe('inspection', () => {
  test('a completion on its way is not taken for a lost task', async () => {
    const plane = world.start();
    const worker = await new FakeWorker().connect(plane);
    await plane.workflows.startWorkflow(caller, startInput('w'));
    const task = await worker.workflowTask();
    // A commit flies; meanwhile someone looks, then the completion comes: both wait together.
    let release = () => {};
    world.store.beforeCommit = () => new Promise<void>((resolve) => (release = resolve));
    const signalled = plane.workflows.signalWorkflow(caller, signal('w', 's'));
    await settle();
    const looked = plane.workflows.describeWorkflow(caller, { namespace, workflowId: 'w' });
    const [n] = worker.report({
      kind: 'workflowTaskCompleted',
      token: tokenOf(task),
      commands: [schedule('a')],
    });
    world.store.beforeCommit = () => {};
    release();
    await Promise.all([signalled, looked]);
    expect(await worker.ack(n!)).toMatchObject({ outcome: 'ok' });
  });
});
