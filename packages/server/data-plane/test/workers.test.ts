/** Workers that come, go, come back, and say things they should not. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { ActivityTask, Command } from '@perdure/protocol';
import { FakeWorker, finish, schedule, settle, tokenOf } from './fake-worker.ts';
import { World, callerOf, historyOf, startInput, typesOf } from './test-plane.ts';

let world: World;
const caller = callerOf();
const { namespace } = caller;

beforeEach(() => {
  world = new World();
});
afterEach(() => world.close());

/** A worker that runs activities of a workflow: `count` of them are on it. */
async function workerWithActivities(
  count: number,
  options: { plane?: ReturnType<World['start']>; command?: object } = {},
): Promise<{
  worker: FakeWorker;
  plane: ReturnType<World['start']>;
  runId: string;
  eager: number[];
}> {
  const plane = options.plane ?? world.start();
  const worker = await new FakeWorker().connect(plane);
  const { runId } = await plane.workflows.startWorkflow(caller, startInput('w'));
  const task = await worker.workflowTask();
  const commands = Array.from({ length: count }, (_, i) => schedule(`${i + 1}`, options.command));
  const ack = await worker.completeWorkflowTask(task, ...commands);
  const eager = ack.eager!.map(({ scheduledEventId }) => scheduledEventId);
  return { worker, plane, runId, eager };
}

const activityToken = (runId: string, scheduledEventId: number, attempt = 1) => ({
  workflowId: 'w',
  runId,
  scheduledEventId,
  attempt,
});

describe('a connection that breaks', () => {
  test('workflow tasks are handed on at once', async () => {
    const plane = world.start({ activityGraceMs: 60_000 });
    const [first, second] = [new FakeWorker(), new FakeWorker()];
    await first.connect(plane);
    await plane.workflows.startWorkflow(caller, startInput('w'));
    await first.workflowTask();
    await second.connect(plane);
    first.connection!.disconnected();
    const task = await second.workflowTask();
    expect(task.attempt).toBe(2);
    expect(await second.completeWorkflowTask(task, finish)).toMatchObject({ outcome: 'ok' });
  });

  test('activities are handed on after the grace', async () => {
    const { worker, plane, runId, eager } = await workerWithActivities(1);
    const other = await new FakeWorker().connect(plane);
    worker.connection!.disconnected();
    const task = await other.activityTask();
    expect(task.token).toEqual(activityToken(runId, eager[0]!, 2));
    // The first attempt is fenced off.
    await worker.connect(plane);
    const stale = await worker.complete({
      kind: 'activityCompleted',
      token: activityToken(runId, eager[0]!),
    });
    expect(stale.outcome).toBe('stale');
  });

  test('a worker that is back within the grace goes on', async () => {
    const { worker, plane, runId, eager } = await workerWithActivities(2, {
      plane: world.start({ activityGraceMs: 60_000 }),
    });
    worker.connection!.disconnected();
    await settle();
    // It still runs the first; of the second it has never heard.
    await worker.connect(plane, { runningActivities: [activityToken(runId, eager[0]!)] });
    const again = await worker.activityTask();
    expect(again.token).toEqual(activityToken(runId, eager[1]!, 2));
    const ack = await worker.complete({
      kind: 'activityCompleted',
      token: activityToken(runId, eager[0]!),
    });
    expect(ack.outcome).toBe('ok');
  });

  test('an old socket that breaks after the new one stands takes nothing away', async () => {
    const { worker, plane, runId, eager } = await workerWithActivities(1, {
      plane: world.start({ activityGraceMs: 0 }),
    });
    const old = worker.connection!;
    await worker.connect(plane, { runningActivities: [activityToken(runId, eager[0]!)] });
    old.disconnected();
    await settle(50);
    const ack = await worker.complete({
      kind: 'activityCompleted',
      token: activityToken(runId, eager[0]!),
    });
    expect(ack.outcome).toBe('ok');
  });

  test('a server that restarts learns from the worker what it runs', async () => {
    const { worker, plane, runId, eager } = await workerWithActivities(1);
    await plane.close();
    const next = world.start();
    await worker.connect(next, { runningActivities: [activityToken(runId, eager[0]!)] });
    // A look at the run finds it in good hands.
    await next.workflows.describeWorkflow(caller, { namespace, workflowId: 'w' });
    const ack = await worker.complete({
      kind: 'activityCompleted',
      token: activityToken(runId, eager[0]!),
    });
    expect(ack.outcome).toBe('ok');
  });

  test('acknowledgements and tasks that were on their way reach the new connection', async () => {
    const plane = world.start({ activityGraceMs: 60_000 });
    const worker = await new FakeWorker().connect(plane);
    const { runId } = await plane.workflows.startWorkflow(caller, startInput('w'));
    const task = await worker.workflowTask();
    let release = () => {};
    world.store.beforeCommit = () => new Promise<void>((resolve) => (release = resolve));
    const [n] = worker.report({
      kind: 'workflowTaskCompleted',
      token: tokenOf(task),
      commands: [schedule('1')],
    });
    await settle();
    worker.connection!.disconnected();
    world.store.beforeCommit = () => {};
    release();
    await settle();
    expect(worker.acks.size).toBe(0);
    await worker.connect(plane, { runningWorkflowTasks: [tokenOf(task)] });
    const ack = await worker.ack(n!);
    expect(ack).toMatchObject({ outcome: 'ok', eager: [{ activityId: '1' }] });
    const token = activityToken(runId, ack.eager![0]!.scheduledEventId);
    expect(await worker.complete({ kind: 'activityCompleted', token })).toMatchObject({
      outcome: 'ok',
    });
  });
});

describe('leaving', () => {
  test('a draining worker gets nothing more and may finish what it has', async () => {
    const { worker, plane, runId, eager } = await workerWithActivities(1);
    worker.connection!.drain();
    await plane.workflows.startWorkflow(caller, startInput('other'));
    await settle();
    expect(worker.workflowTasks).toHaveLength(1);
    const ack = await worker.complete({
      kind: 'activityCompleted',
      token: activityToken(runId, eager[0]!),
    });
    expect(ack.outcome).toBe('ok');
    const next = await new FakeWorker().connect(plane);
    const tasks = [await next.workflowTask(0), await next.workflowTask(1)];
    expect(tasks.map(({ workflowId }) => workflowId).toSorted()).toEqual(['other', 'w']);
  });

  test('a worker that says goodbye has its tasks handed on at once', async () => {
    const { worker, plane } = await workerWithActivities(1, {
      plane: world.start({ activityGraceMs: 60_000 }),
    });
    const other = await new FakeWorker().connect(plane);
    worker.connection!.close();
    expect((await other.activityTask()).token.attempt).toBe(2);
  });
});

describe('another tenant', () => {
  const stranger = callerOf(2);

  test('that names the same session, run or workflow reaches nothing', async () => {
    const { worker, plane, runId, eager } = await workerWithActivities(1);
    const thief = new FakeWorker();
    thief.sessionId = worker.sessionId;
    await thief.connect(plane, {}, stranger);
    const token = activityToken(runId, eager[0]!);
    expect(await thief.complete({ kind: 'activityCompleted', token })).toMatchObject({
      outcome: 'stale',
    });
    thief.connection!.heartbeat([{ token }]);
    thief.connection!.close();
    const call = { namespace: stranger.namespace, workflowId: 'w', runId, requestId: 'r' };
    const refusal = { code: 'WORKFLOW_NOT_FOUND' };
    await expect(plane.workflows.terminateWorkflow(stranger, call)).rejects.toMatchObject(refusal);
    await expect(plane.workflows.describeWorkflow(stranger, call)).rejects.toMatchObject(refusal);
    await plane.workflows.describeWorkflow(caller, { namespace, workflowId: 'w' });
    expect(await worker.complete({ kind: 'activityCompleted', token })).toMatchObject({
      outcome: 'ok',
    });
  });

  test('with very many workflows does not keep this one waiting', async () => {
    const plane = world.start();
    world.store.beforeCommit = () => settle(1);
    const order: string[] = [];
    const crowd = Array.from({ length: 2_000 }, (_, i) =>
      plane.workflows
        .startWorkflow(stranger, startInput(`crowd-${i}`, { namespace: stranger.namespace }))
        .then(() => order.push('crowd')),
    );
    const mine = plane.workflows
      .startWorkflow(caller, startInput('mine'))
      .then(() => order.push('mine'));
    await Promise.all([...crowd, mine]);
    expect(order.indexOf('mine')).toBeLessThan(100);
  });
});

describe('completions that cannot be taken', () => {
  test('nonsense is stale, and no more', async () => {
    const { worker, runId, eager } = await workerWithActivities(1);
    const token = activityToken(runId, eager[0]!);
    const wrong = [
      { ...token, attempt: 2 },
      { ...token, scheduledEventId: 999_999 },
      { ...token, runId: 'nobody' },
      { ...token, workflowId: 'nobody' },
      { ...token, workflowId: '' },
      { ...token, workflowId: '\ud800' },
      { ...token, workflowId: '\0'.repeat(1_000) },
      { ...token, workflowId: '漢'.repeat(1_000) },
    ];
    for (const each of wrong) {
      const ack = await worker.complete({ kind: 'activityCompleted', token: each });
      expect(ack.outcome, JSON.stringify(each)).toBe('stale');
    }
    expect(await worker.complete({ kind: 'activityCompleted', token })).toMatchObject({
      outcome: 'ok',
    });
    expect(world.errors).toEqual([]);
  });

  const badCommands: [string, Command][] = [
    [
      'a timer of 300,000 years',
      { commandType: 'StartTimer', timerId: '1', startToFireTimeoutMs: Number.MAX_SAFE_INTEGER },
    ],
    [
      'an activity timeout of 300,000 years',
      schedule('1', { startToCloseTimeoutMs: Number.MAX_SAFE_INTEGER }),
    ],
    ['half a surrogate pair as activity id', schedule('\udc00')],
    ['a task queue of 3,000 bytes', schedule('1', { taskQueue: '漢'.repeat(1_000) })],
    [
      'a retry interval of 300,000 years',
      schedule('1', {
        retryPolicy: {
          initialIntervalMs: Number.MAX_SAFE_INTEGER,
          backoffCoefficient: 2,
          maximumIntervalMs: 0,
          maximumAttempts: 0,
          nonRetryableErrorTypes: [],
        },
      }),
    ],
    ['a payload in the clear', schedule('1', { input: new Uint8Array([1, 2, 3]) })],
    ['a payload of 3 MiB', schedule('1', { input: new Uint8Array(3 * 1024 * 1024).fill(2) })],
  ];

  test.each(badCommands)('%s fails the workflow task, and the run goes on', async (_, command) => {
    const sealed = callerOf(1, true);
    const plane = world.start();
    const worker = await new FakeWorker().connect(plane, {}, sealed);
    await plane.workflows.startWorkflow(sealed, startInput('w'));
    const ack = await worker.completeWorkflowTask(await worker.workflowTask(), command);
    expect(ack.outcome).toBe('refused');
    expect(ack.message!.length).toBeGreaterThan(20);
    const again = await worker.workflowTask(1);
    expect(again.attempt).toBe(2);
    expect(await worker.completeWorkflowTask(again, finish)).toMatchObject({ outcome: 'ok' });
    expect(world.errors).toEqual([]);
  });

  test('of a step the good results count, the bad one fails, the task is run again', async () => {
    const plane = world.start();
    const sealed = callerOf(1, true);
    const worker = await new FakeWorker().connect(plane, {}, sealed);
    const { runId } = await plane.workflows.startWorkflow(sealed, startInput('w'));
    const ack = await worker.completeWorkflowTask(
      await worker.workflowTask(),
      schedule('good'),
      schedule('bad'),
    );
    const [good, bad] = ack.eager!.map(({ scheduledEventId }) => scheduledEventId);
    const refused = await worker.complete({
      kind: 'step',
      workflowId: 'w',
      runId,
      results: [
        { scheduledEventId: good!, attempt: 1, result: new Uint8Array([2, 1]) },
        { scheduledEventId: bad!, attempt: 1, result: new Uint8Array([1, 1]) },
      ],
      assumedNextEventId: ack.nextEventId!,
      workflowTimeMs: Date.now(),
      commands: [finish],
    });
    expect(refused).toMatchObject({ outcome: 'refused', code: 'PLAINTEXT_REFUSED' });
    await worker.workflowTask(1);
    const { pendingActivities } = await plane.workflows.describeWorkflow(sealed, {
      namespace,
      workflowId: 'w',
    });
    expect(pendingActivities).toMatchObject([
      {
        activityId: 'bad',
        attempt: 2,
        state: 'BACKING_OFF',
        lastFailure: { info: { type: 'PLAINTEXT_REFUSED' } },
      },
    ]);
    const types = typesOf(await historyOf(plane, 'w'));
    expect(types.filter((type) => type === 'ActivityTaskCompleted')).toHaveLength(1);
  });

  test('a step with nothing in it is answered', async () => {
    const { worker, runId } = await workerWithActivities(0).catch(() => ({
      worker: undefined!,
      runId: '',
    }));
    if (!worker) return;
    const ack = await worker.complete({
      kind: 'step',
      workflowId: 'w',
      runId,
      results: [],
      assumedNextEventId: 5,
      workflowTimeMs: Date.now(),
      commands: [schedule('\ud800')],
    });
    expect(ack.outcome).toBe('refused');
  });
});

test.each([
  ['sessionId', { sessionId: '' }],
  ['taskQueue', { taskQueue: 'x'.repeat(1_001) }],
  ['taskQueue', { taskQueue: '\ud800' }],
  ['identity', { identity: '漢'.repeat(999) }],
])('a worker with an impossible %s is refused', async (field, hello) => {
  const plane = world.start();
  await expect(new FakeWorker().connect(plane, hello)).rejects.toMatchObject({
    code: 'INVALID_ARGUMENT',
    fields: { field },
  });
});

test('a session cannot change its task queue', async () => {
  const plane = world.start();
  const worker = await new FakeWorker().connect(plane);
  await expect(worker.connect(plane, { taskQueue: 'another' })).rejects.toMatchObject({
    code: 'INVALID_ARGUMENT',
  });
});

test('a cancellation comes after the task it is about', async () => {
  const plane = world.start();
  const worker = await new FakeWorker().connect(plane, { activityCredit: 0 });
  await plane.workflows.startWorkflow(caller, startInput('w'));
  const task = await worker.workflowTask();
  await worker.completeWorkflowTask(task, schedule('1'));
  worker.connection!.credit(0, 1);
  const activity: ActivityTask = await worker.activityTask();
  await plane.workflows.terminateWorkflow(caller, { namespace, workflowId: 'w', requestId: 'r' });
  await vi.waitFor(() => expect(worker.cancelled).toEqual([activity.token]));
  expect(worker.arrivals.indexOf('cancel')).toBeGreaterThan(
    worker.arrivals.indexOf('activityTask'),
  );
});

describe('several servers on one store', () => {
  test('a result is heard of although another server commits it', async () => {
    const [here, there] = [world.start({ alone: false }), world.start({ alone: false })];
    const { runId } = await here!.workflows.startWorkflow(caller, startInput('w'));
    const result = here!.workflows.getHistory(
      caller,
      {
        namespace,
        workflowId: 'w',
        runId,
        fromEventId: 1,
        waitForClose: true,
        closeEventOnly: true,
      },
      undefined,
    );
    await settle();
    const worker = await new FakeWorker().connect(there!);
    await worker.completeWorkflowTask(await worker.workflowTask(), finish);
    expect(await result).toMatchObject({ status: 'COMPLETED' });
  });

  test('what another server has changed is seen, and not refused from memory', async () => {
    const [here, there] = [world.start({ alone: false }), world.start({ alone: false })];
    await here!.workflows.startWorkflow(caller, startInput('w'));
    // From here on "here" remembers a run that is open; "there" replaces it.
    await there!.workflows.terminateWorkflow(caller, {
      namespace,
      workflowId: 'w',
      requestId: '1',
    });
    const { status } = await here!.workflows.describeWorkflow(caller, {
      namespace,
      workflowId: 'w',
    });
    expect(status).toBe('TERMINATED');
    // Now "here" remembers a closed one.
    await there!.workflows.startWorkflow(caller, startInput('w'));
    await here!.workflows.signalWorkflow(caller, {
      namespace,
      workflowId: 'w',
      signalName: 's',
      requestId: '2',
    });
    await there!.workflows.terminateWorkflow(caller, {
      namespace,
      workflowId: 'w',
      requestId: '3',
    });
    await here!.workflows.startWorkflow(caller, startInput('w'));
  });

  test('a task that waits on one is started by a worker of another', async () => {
    const [here, there] = [world.start({ alone: false }), world.start({ alone: false })];
    const busy = await new FakeWorker().connect(here!, { workflowCredit: 0 });
    await here!.workflows.startWorkflow(caller, startInput('w'));
    const free = await new FakeWorker().connect(there!);
    const task = await free.workflowTask();
    expect(await free.completeWorkflowTask(task, finish)).toMatchObject({ outcome: 'ok' });
    expect(busy.workflowTasks).toEqual([]);
  });

  test('refusals come to an end although more and more come', async () => {
    const [here] = [world.start({ alone: false })];
    await here!.workflows.startWorkflow(caller, startInput('w'));
    await here!.workflows.terminateWorkflow(caller, { namespace, workflowId: 'w', requestId: '1' });
    world.store.beforeLoad = () => settle(2);
    let refused = 0;
    const callers = Array.from({ length: 20 }, async (_, i) => {
      for (let round = 0; round < 5; round++) {
        await here!.workflows
          .signalWorkflow(caller, {
            namespace,
            workflowId: 'w',
            signalName: 's',
            requestId: `${i}.${round}`,
          })
          .catch(() => (refused += 1));
      }
    });
    await Promise.all(callers);
    expect(refused).toBe(100);
  });
});

describe('one namespace', () => {
  test('has so many workers here and no more, and room again when one leaves', async () => {
    const plane = world.start({ workersPerNamespace: 3 });
    const workers: FakeWorker[] = [];
    for (let i = 0; i < 3; i++) workers.push(await new FakeWorker().connect(plane));
    const refusal = { code: 'RESOURCE_EXHAUSTED', fields: { retryable: true } };
    await expect(new FakeWorker().connect(plane)).rejects.toMatchObject(refusal);
    await new FakeWorker().connect(plane, {}, callerOf(2));
    // One that comes back takes nobody's place.
    workers[0]!.connection!.disconnected();
    await workers[0]!.connect(plane);
    workers[1]!.connection!.close();
    await new FakeWorker().connect(plane);
    await expect(new FakeWorker().connect(plane)).rejects.toMatchObject(refusal);
  });
});
