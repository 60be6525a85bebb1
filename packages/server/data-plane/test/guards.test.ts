/** What workers and callers may say: names that can be stored, payloads that are sealed. */
import type {
  Command,
  Failure,
  QueryAnswer,
  QueryTask,
  WorkflowTaskFailedCause,
} from '@perdure/protocol';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { NamespaceCaller } from '@perdure/contract';
import type { DataPlane } from '../src/index.ts';
import { weightOf } from '../src/commit/weight.ts';
import { FakeWorker, settle } from './fake-worker.ts';
import { World, callerOf, historyOf, startInput } from './test-plane.ts';

let world: World;
beforeEach(() => {
  world = new World();
});
afterEach(() => world.close());

const sealed = callerOf(1, true);
const envelope = Uint8Array.of(2, 1, 2, 3);
const plain = Uint8Array.of(1, 144);
const clearFailure: Failure = { message: 'my secret', info: { kind: 'application' } };
/** Three bytes each in UTF-8: as many characters as a frame lets pass, thrice the bytes. */
const longName = '\u20ac'.repeat(1_000);
const EON_MS = Number.MAX_SAFE_INTEGER;

async function startedTask(plane: DataPlane, caller: NamespaceCaller) {
  const worker = await new FakeWorker().connect(plane, {}, caller);
  await plane.workflows.startWorkflow(caller, startInput('w'));
  return { worker, task: await worker.workflowTask() };
}

describe('commands of a workflow task', () => {
  const child = { commandType: 'StartChildWorkflowExecution', workflowType: 't' } as const;
  const retryPolicy = {
    initialIntervalMs: 1_000,
    backoffCoefficient: 2,
    maximumIntervalMs: 1_000,
    maximumAttempts: 0,
    nonRetryableErrorTypes: [],
  };
  const badCommands: Command[] = [
    { ...child, workflowId: longName },
    { ...child, workflowId: '\ud800' },
    { ...child, workflowId: 'c', taskQueue: longName },
    { ...child, workflowId: 'c', workflowType: longName },
    { ...child, workflowId: 'c', workflowExecutionTimeoutMs: EON_MS },
    { ...child, workflowId: 'c', retryPolicy: { ...retryPolicy, maximumIntervalMs: EON_MS } },
    { ...child, workflowId: 'c', searchAttributes: { [longName]: { value: 'x' } } },
    { commandType: 'SignalExternalWorkflowExecution', workflowId: longName, signalName: 's' },
    { commandType: 'SignalExternalWorkflowExecution', workflowId: 'x', signalName: '\ud800' },
    { commandType: 'RequestCancelExternalWorkflowExecution', workflowId: longName },
    { commandType: 'ContinueAsNewWorkflowExecution', workflowType: longName },
    { commandType: 'ContinueAsNewWorkflowExecution', backoffStartIntervalMs: EON_MS },
    { commandType: 'RecordMarker', markerName: '\ud800' },
    { commandType: 'UpsertWorkflowSearchAttributes', searchAttributes: { a: { value: '\ud800' } } },
  ];
  test.each(badCommands.map((command, i) => [i, command.commandType, command] as const))(
    '%i: %s with what cannot be stored is refused',
    async (_i, _type, command) => {
      const { worker, task } = await startedTask(world.start(), callerOf());
      const ack = await worker.completeWorkflowTask(task, command);
      expect(ack).toMatchObject({ outcome: 'refused', code: 'INVALID_ARGUMENT' });
      expect(world.errors).toEqual([]);
    },
  );

  const marker: Command = { commandType: 'RecordMarker', markerName: 'm', header: envelope };
  const large = new Uint8Array(3 * 1024 * 1024).fill(2);
  test.each<[WorkflowTaskFailedCause, Command]>([
    ['BAD_START_CHILD_EXECUTION_ATTRIBUTES', { ...child, workflowId: longName }],
    ['BAD_RECORD_MARKER_ATTRIBUTES', { ...marker, header: plain }],
    ['PAYLOADS_TOO_LARGE', { ...marker, header: large }],
  ])('fail it by the first that is wrong: %s', async (cause, wrong) => {
    const plane = world.start();
    const { worker, task } = await startedTask(plane, sealed);
    await worker.completeWorkflowTask(task, marker, wrong);
    const failed = (await historyOf(plane, 'w')).find(
      (event) => event.eventType === 'WorkflowTaskFailed',
    );
    expect(failed?.attributes).toMatchObject({ cause });
  });

  test('that failed keep their cause when the failure cannot be taken', async () => {
    const plane = world.start();
    const { worker, task } = await startedTask(plane, sealed);
    const { workflowId, runId, startedEventId, attempt, fence } = task;
    await worker.complete({
      kind: 'workflowTaskFailed',
      token: { workflowId, runId, startedEventId, attempt, fence },
      cause: 'NON_DETERMINISTIC_ERROR',
      failure: clearFailure,
    });
    const failed = (await historyOf(plane, 'w')).find(
      (event) => event.eventType === 'WorkflowTaskFailed',
    );
    expect(failed?.attributes).toMatchObject({
      cause: 'NON_DETERMINISTIC_ERROR',
      failure: { info: { type: 'PLAINTEXT_REFUSED' } },
    });
  });

  const failure = clearFailure;
  const clearCommands: Command[] = [
    { ...child, workflowId: 'c', input: plain },
    { ...child, workflowId: 'c', memo: plain },
    { ...child, workflowId: 'c', header: plain },
    { ...child, workflowId: 'c', userMetadata: { summary: plain } },
    { ...child, workflowId: 'c', userMetadata: { details: plain } },
    {
      commandType: 'SignalExternalWorkflowExecution',
      workflowId: 'x',
      signalName: 's',
      input: plain,
    },
    {
      commandType: 'SignalExternalWorkflowExecution',
      workflowId: 'x',
      signalName: 's',
      header: plain,
    },
    { commandType: 'RecordMarker', markerName: 'm', details: { a: plain } },
    { commandType: 'RecordMarker', markerName: 'm', header: plain },
    { commandType: 'RecordMarker', markerName: 'm', failure },
    { commandType: 'ContinueAsNewWorkflowExecution', input: plain },
    { commandType: 'ContinueAsNewWorkflowExecution', memo: plain },
    { commandType: 'ContinueAsNewWorkflowExecution', header: plain },
    { commandType: 'ModifyWorkflowProperties', upsertedMemo: plain },
    { commandType: 'ModifyWorkflowProperties', memo: plain },
    { commandType: 'RejectUpdate', updateId: 'u', failure },
    { commandType: 'CompleteUpdate', updateId: 'u', result: plain },
    { commandType: 'CompleteUpdate', updateId: 'u', failure },
    { commandType: 'CancelWorkflowExecution', details: plain },
    {
      commandType: 'StartTimer',
      timerId: 't',
      startToFireTimeoutMs: 1,
      userMetadata: { summary: plain },
    },
  ];
  test.each(clearCommands.map((command, i) => [i, command.commandType, command] as const))(
    '%i: %s in the clear is refused by a sealed namespace',
    async (_i, _type, command) => {
      const { worker, task } = await startedTask(world.start(), sealed);
      const ack = await worker.completeWorkflowTask(task, command);
      expect(ack).toMatchObject({ outcome: 'refused', code: 'PLAINTEXT_REFUSED' });
    },
  );
});

describe('what a caller says in the clear to a sealed namespace is refused', () => {
  const start = startInput('w');
  const target = { namespace: sealed.namespace, workflowId: 'w' };
  const update = { updateId: 'u', updateName: 'n', waitForStage: 'ACCEPTED' } as const;
  const query = { ...target, queryName: 'q', rejectCondition: 'NONE' } as const;
  const withStart = {
    ...start,
    workflowIdConflictPolicy: 'USE_EXISTING',
    signalName: 's',
  } as const;
  type Call = (service: DataPlane['workflows']) => Promise<unknown>;
  const calls: [string, Call][] = [
    [
      'start userMetadata',
      (s) => s.startWorkflow(sealed, { ...start, userMetadata: { details: plain } }),
    ],
    ['signal with start', (s) => s.signalWithStart(sealed, { ...withStart, signalInput: plain })],
    [
      'start of a signal with start',
      (s) => s.signalWithStart(sealed, { ...withStart, memo: plain }),
    ],
    [
      'update input',
      (s) => s.updateWorkflow(sealed, { ...target, ...update, input: plain }, undefined),
    ],
    [
      'update header',
      (s) => s.updateWorkflow(sealed, { ...target, ...update, header: plain }, undefined),
    ],
    [
      'update with start',
      (s) =>
        s.updateWithStart(
          sealed,
          { namespace: sealed.namespace, start, update: { ...update, input: plain } },
          undefined,
        ),
    ],
    [
      'start of an update with start',
      (s) =>
        s.updateWithStart(
          sealed,
          { namespace: sealed.namespace, start: { ...start, header: plain }, update },
          undefined,
        ),
    ],
    ['query args', (s) => s.queryWorkflow(sealed, { ...query, input: plain }, undefined)],
    ['query header', (s) => s.queryWorkflow(sealed, { ...query, header: plain }, undefined)],
  ];
  test.each(calls)('%s', async (_what, call) => {
    await expect(call(world.start().workflows)).rejects.toMatchObject({
      code: 'PLAINTEXT_REFUSED',
    });
  });
});

describe('answers to queries', () => {
  /** Asks a run whose worker answers so. */
  async function answeredWith(caller: NamespaceCaller, answer: Omit<QueryAnswer, 'queryId'>) {
    const plane = world.start();
    const worker = await new FakeWorker().connect(plane, {}, caller);
    const answerAll = (queries: readonly QueryTask[] = []) =>
      worker.connection?.answerQueries(queries.map(({ queryId }) => ({ queryId, ...answer })));
    const { channel } = worker;
    const deliver = channel.deliver.bind(channel);
    channel.deliver = (mail) => {
      deliver(mail);
      setImmediate(() => answerAll(mail.queries));
    };
    await plane.workflows.startWorkflow(caller, startInput('w'));
    await worker.completeWorkflowTask(await worker.workflowTask());
    const { namespace } = caller;
    return plane.workflows.queryWorkflow(
      caller,
      { namespace, workflowId: 'w', queryName: 'q', rejectCondition: 'NONE' },
      undefined,
    );
  }

  test('in the clear are not passed on in a sealed namespace', async () => {
    await expect(answeredWith(sealed, { result: plain })).rejects.toMatchObject({
      code: 'PLAINTEXT_REFUSED',
    });
  });

  test('that fail in the clear are not passed on in a sealed namespace', async () => {
    await expect(answeredWith(sealed, { failure: clearFailure })).rejects.toMatchObject({
      code: 'PLAINTEXT_REFUSED',
    });
  });

  test('that are sealed are passed on', async () => {
    await expect(answeredWith(sealed, { result: envelope })).resolves.toEqual({
      kind: 'answered',
      result: envelope,
    });
  });
});

test('a worker names so many types and no more', async () => {
  const plane = world.start();
  const types = Array.from({ length: 256 }, (_, i) => `${i}`.padStart(1_000));
  const worker = await new FakeWorker().connect(plane, { activityTypes: types });
  expect(worker.connection).toBeDefined();
  const workflowTypes = types.slice(0, 10);
  await expect(
    new FakeWorker().connect(plane, { activityTypes: types, workflowTypes }),
  ).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
});

test('a failure with a chain of causes without end is refused, and is no fault of ours', async () => {
  const { workflows } = world.start();
  let failure: Failure = { info: { kind: 'application' } };
  for (let i = 0; i < 40; i++) failure = { info: { kind: 'application' }, cause: failure };
  const activity = { workflowId: 'w', activityId: 'a' };
  const call = { namespace: 'namespace-1', activity, failure, requestId: 'r' };
  await expect(workflows.failActivity(callerOf(), call)).rejects.toMatchObject({
    code: 'INVALID_ARGUMENT',
  });
  await settle();
});

describe('the weight of a request counts payloads wherever they are', () => {
  const waiting = { done() {}, fail() {}, deadline: 0 };
  const blob = new Uint8Array(1_000);
  const command = { ...waiting, kind: 'command', runId: undefined, requestId: undefined } as const;

  test('in an update', () => {
    const request = { updateId: 'u', updateName: 'n', input: blob, header: blob };
    const update = { kind: 'updateWorkflow', request } as const;
    expect(weightOf({ ...command, session: undefined, command: update })).toBe(2_000);
  });

  test('in what is said with a start', () => {
    const { workflowIdReusePolicy: reusePolicy, workflowIdConflictPolicy: conflictPolicy } =
      startInput('w');
    const message = { kind: 'signalWorkflow', signalName: 's', input: blob } as const;
    const facts = {
      workflowId: 'w',
      runId: 'r',
      workflowType: 't',
      taskQueue: 'q',
      requestId: 'x',
    };
    const start = { ...facts, kind: 'startWorkflow', input: blob, message } as const;
    const policies = { reusePolicy, conflictPolicy };
    expect(weightOf({ ...waiting, kind: 'start', command: start, ...policies })).toBe(2_000);
  });

  test('in the outcome of a child', () => {
    const outcome = { status: 'COMPLETED', result: blob } as const;
    const closed = {
      kind: 'recordChildClosed',
      initiatedEventId: 5,
      childRunId: 'r',
      outcome,
    } as const;
    expect(weightOf({ ...command, session: undefined, command: closed })).toBe(1_000);
  });
});
