/** The client against the platform: what it can ask of workflows, and what it answers. */
import { randomUUID } from 'node:crypto';
import { setTimeout as realSleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Context, activityInfo } from '@perdure/activity';
import {
  ActivityCancelledError,
  ActivityCompletionError,
  ActivityNotFoundError,
  ApplicationFailure,
  CancelledFailure,
  Client,
  Connection,
  QueryNotRegisteredError,
  QueryRejectedError,
  WithStartWorkflowOperation,
  type WorkflowClientInterceptor,
  WorkflowContinuedAsNewError,
  WorkflowExecutionAlreadyStartedError,
  WorkflowFailedError,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
  isGrpcCancelledError,
  isGrpcDeadlineError,
  isGrpcServiceError,
} from '@perdure/client';
import { CompleteAsyncError, defineSearchAttributeKey } from '@perdure/common';
import { Worker, type WorkflowBundle, bundleWorkflowCode } from '@perdure/worker';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { TestWorkflowEnvironment } from '../src/index.ts';
import {
  add,
  broken,
  chain,
  counter,
  finish,
  forever,
  handedOver,
  outside,
  retried,
  scaled,
  total,
} from './client-workflows.ts';

const taskQueue = 'client';
const workflowsPath = fileURLToPath(new URL('./client-workflows.ts', import.meta.url));
/** Task tokens of the activities that hang, by workflow id. */
const tokens = new Map<string, Uint8Array>();

let env: TestWorkflowEnvironment;
let client: Client;
let worker: Worker;
let running: Promise<void>;
let bundle: WorkflowBundle | undefined;

beforeAll(async () => {
  env = await TestWorkflowEnvironment.createTimeSkipping();
  ({ client } = env);
  await startWorker();
});
afterAll(async () => {
  await stopWorker();
  await env.teardown();
});

async function startWorker(): Promise<void> {
  bundle ??= await bundleWorkflowCode({ workflowsPath });
  worker = await Worker.create({
    connection: env.nativeConnection,
    taskQueue,
    workflowBundle: bundle,
    activities: {
      async hang(): Promise<string> {
        noteToken();
        return Context.current().cancelled;
      },
      async handOver(): Promise<string> {
        noteToken();
        throw new CompleteAsyncError();
      },
    },
  });
  running = worker.run();
}

function noteToken(): void {
  const { taskToken, workflowExecution } = activityInfo();
  tokens.set(workflowExecution.workflowId, taskToken);
}

async function stopWorker(): Promise<void> {
  worker.shutdown();
  await running;
}

async function restartWorker(): Promise<void> {
  await stopWorker();
  await startWorker();
}

/** Options of a start under an id of its own. */
const fresh = () => ({ taskQueue, workflowId: `w-${randomUUID()}` });
const caught = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    (value) => expect.fail(`it should have failed, and gave ${String(value)}`),
    (error: unknown) => error,
  );

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

describe('an activity is reported on from outside (semantics 14)', () => {
  /** A run whose activity hangs, or is handed over. */
  async function hanging(workflow: typeof outside = outside) {
    const handle = await client.workflow.start(workflow, fresh());
    const { workflowId } = handle;
    const token = await vi.waitFor(() => {
      const found = tokens.get(workflowId);
      if (!found) throw new Error('the activity has not begun');
      return found;
    });
    return { handle, token, byId: { workflowId, activityId: '1' } };
  }

  it('completed by its token or its ids, once', async () => {
    const first = await hanging();
    await client.activity.complete(first.token, 'by token');
    expect(await first.handle.result()).toBe('by token');
    const gone = await caught(client.activity.complete(first.token, 'again'));
    expect(gone).toBeInstanceOf(ActivityNotFoundError);
    const second = await hanging();
    await client.activity.complete(second.byId, 'by ids');
    expect(await second.handle.result()).toBe('by ids');
    const none = { workflowId: 'none', activityId: '1' };
    expect(await caught(client.activity.heartbeat(none))).toBeInstanceOf(ActivityNotFoundError);
  });

  it('once its worker has let go of it, and is gone', async () => {
    const first = await hanging(handedOver);
    await vi.waitFor(() => client.activity.heartbeat(first.byId, 'alive'));
    await restartWorker();
    expect((await first.handle.describe()).pendingActivities).toMatchObject([
      { state: 'STARTED', attempt: 1, heartbeatDetails: 'alive' },
    ]);
    await client.activity.complete(first.token, 'later');
    expect(await first.handle.result()).toBe('later');
  });

  it('failed, with its error as the cause', async () => {
    const { handle, byId } = await hanging();
    await client.activity.fail(byId, new RangeError('too far'));
    expect(await caught(handle.result())).toMatchObject({
      cause: { name: 'ActivityFailure', cause: { message: 'too far', type: 'RangeError' } },
    });
  });

  it('kept alive, until it is to stop', async () => {
    const { handle, byId, token } = await hanging();
    await client.activity.heartbeat(byId, { done: 1 });
    expect((await handle.describe()).pendingActivities).toMatchObject([
      { activityId: '1', heartbeatDetails: { done: 1 } },
    ]);
    await client.activity.heartbeat(token);
    await handle.terminate();
    expect(await caught(client.activity.heartbeat(token))).toBeInstanceOf(ActivityNotFoundError);
  });

  it('not by a token that is none', async () => {
    const error = await caught(client.activity.complete(Uint8Array.of(1, 2, 3), 'x'));
    expect(error).toBeInstanceOf(ActivityCompletionError);
  });
});

describe('interceptors', () => {
  it('stand around every call, the first one outermost', async () => {
    const seen: string[] = [];
    const around = (name: string): WorkflowClientInterceptor =>
      new Proxy({} as WorkflowClientInterceptor, {
        get: (_, hook) => async (input: unknown, next: (input: unknown) => Promise<unknown>) => {
          seen.push(`${name} ${String(hook)}`);
          return next(input);
        },
      });
    const { connection, namespace } = client;
    const interceptors = { workflow: [around('a'), around('b')] };
    const { workflow } = new Client({ connection, namespace, interceptors });
    const handle = await workflow.start(counter, fresh());
    await handle.query(total);
    await handle.executeUpdate(add, { args: [1] });
    await handle.describe();
    await handle.signal(finish, 'done');
    await handle.result();
    const options = { ...fresh(), signal: finish, signalArgs: ['now'] as [string] };
    expect(await (await workflow.signalWithStart(counter, options)).result()).toBe('now 0');
    const startWorkflowOperation = new WithStartWorkflowOperation(counter, {
      ...fresh(),
      workflowIdConflictPolicy: 'FAIL',
    });
    await workflow.executeUpdateWithStart(add, { args: [1], startWorkflowOperation });
    const started = await startWorkflowOperation.workflowHandle();
    await started.terminate();
    const asleep = await client.workflow.start(forever, fresh());
    await workflow.getHandle(asleep.workflowId).cancel();
    const hooks = ['start', 'query', 'startUpdate', 'describe', 'signal', 'signalWithStart'];
    hooks.push('startUpdateWithStart', 'terminate', 'cancel');
    expect(seen).toEqual(hooks.flatMap((hook) => [`a ${hook}`, `b ${hook}`]));
  });

  it('change what is asked and what is answered', async () => {
    class Doubling implements WorkflowClientInterceptor {
      readonly factor = 2;
      start: WorkflowClientInterceptor['start'] = (input, next) =>
        next({ ...input, options: { ...input.options, args: [21 * this.factor] } });
      async query(
        input: Parameters<NonNullable<WorkflowClientInterceptor['query']>>[0],
        next: Parameters<NonNullable<WorkflowClientInterceptor['query']>>[1],
      ): Promise<unknown> {
        return ((await next(input)) as number) * this.factor;
      }
    }
    const { connection, namespace } = client;
    const interceptors = { workflow: [new Doubling()] };
    const { workflow } = new Client({ connection, namespace, interceptors });
    const handle = await workflow.start(counter, { ...fresh(), args: [1] });
    expect(await handle.query(total)).toBe(84);
    await handle.signal(finish, 'done');
    expect(await handle.result()).toBe('done 42');
  });
});

describe('a connection', () => {
  it('is made with the first call, if lazy', async () => {
    const connection = Connection.lazy({ address: env.address, apiKey: env.apiKey });
    const lazy = new Client({ connection, namespace: env.namespace });
    const handle = await client.workflow.start(forever, fresh());
    const same = lazy.workflow.getHandle(handle.workflowId);
    expect((await same.describe()).status.name).toBe('RUNNING');
    await same.terminate();
    await connection.ensureConnected();
    await connection.close();
  });

  it('is made when a worker is created on it', async () => {
    const { defaults } = client.connection;
    const connection = Connection.lazy({ address: env.address, apiKey: env.apiKey, defaults });
    const own = { taskQueue: 'lazy', workflowId: fresh().workflowId };
    const lazy = await Worker.create({ connection, taskQueue: 'lazy', workflowBundle: bundle! });
    const work = client.workflow.execute(chain, { ...own, args: [0, 7] });
    expect(await lazy.runUntil(work)).toBe(7);
    await connection.close();
  });

  it('that cannot be made fails the call, and is tried again', async () => {
    const connectTimeout = 50;
    const connection = Connection.lazy({ address: '127.0.0.1:1', connectTimeout });
    const lazy = new Client({ connection, namespace: env.namespace });
    const handle = lazy.workflow.getHandle('w');
    for (let n = 0; n < 2; n++) {
      expect(await caught(handle.signal('s'))).toMatchObject({ code: 'UNAVAILABLE' });
    }
    await connection.close();
  });

  it('gives calls up at their deadline, and only those', async () => {
    const handle = await client.workflow.start(counter, fresh());
    const late = await caught(client.withDeadline(Date.now() + 30, () => handle.result()));
    expect(isGrpcDeadlineError(late)).toBe(true);
    const over = await caught(client.withDeadline(new Date(0), () => handle.describe()));
    expect(isGrpcDeadlineError(over)).toBe(true);
    await realSleep(1);
    expect((await handle.describe()).status.name).toBe('RUNNING');
    await handle.terminate();
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

it('an activity that is to stop hears of it with its heartbeat', async () => {
  const handle = await client.workflow.start(outside, fresh());
  const byId = { workflowId: handle.workflowId, activityId: '1' };
  await vi.waitFor(() => client.activity.heartbeat(byId));
  await handle.cancel();
  // The worker may be quicker, and then the activity is over.
  const error = await vi.waitFor(() => caught(client.activity.heartbeat(byId)));
  const isEither =
    error instanceof ActivityCancelledError || error instanceof ActivityNotFoundError;
  expect(isEither).toBe(true);
  expect(await caught(handle.result())).toBeInstanceOf(WorkflowFailedError);
});
