/**
 * A program for Temporal's TypeScript SDK with `@temporalio/` made `@perdure/` in its imports, and
 * nothing else: it compiles, and does what it did.
 */
import {
  Client,
  type WorkflowClientInterceptor,
  WorkflowFailedError,
  type WorkflowHandle,
  WorkflowUpdateFailedError,
} from '@perdure/client';
import {
  ActivityFailure,
  ApplicationFailure,
  type Payload,
  type PayloadCodec,
  defaultPayloadConverter,
} from '@perdure/common';
import {
  type ActivityExecuteInput,
  type ActivityInboundCallsInterceptor,
  DefaultLogger,
  type InjectedSinks,
  type Next,
  Runtime,
  Worker,
  type WorkerOptions,
  type WorkflowBundle,
  bundleWorkflowCode,
  makeTelemetryFilterString,
} from '@perdure/worker';
import { DeterminismViolationError } from '@perdure/workflow';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, expectTypeOf, it } from 'vitest';
import { MockActivityEnvironment, TestWorkflowEnvironment } from '../src/index.ts';
import { createActivities } from './ported-activities.ts';
import {
  type AuditSinks,
  type Order,
  addItem,
  approve,
  placeOrder,
  status,
} from './ported-workflows.ts';
import { replayAll } from './replayed.ts';

/** Turns bytes around: what stands in the history can be read by nobody by chance. */
class ReversingCodec implements PayloadCodec {
  async encode(payloads: Payload[]): Promise<Payload[]> {
    const encoding = new TextEncoder().encode('binary/reversed');
    return payloads.map(({ metadata, data }) => ({
      metadata: { encoding, original: metadata?.['encoding'] ?? new Uint8Array() },
      data: data?.toReversed() ?? new Uint8Array(),
    }));
  }

  async decode(payloads: Payload[]): Promise<Payload[]> {
    return payloads.map((payload) => {
      const original = payload.metadata?.['original'];
      if (!original) return payload;
      return { metadata: { encoding: original }, data: payload.data?.toReversed() ?? payload.data };
    });
  }
}

class Counting implements ActivityInboundCallsInterceptor {
  static readonly traces: unknown[] = [];

  async execute(
    input: ActivityExecuteInput,
    next: Next<ActivityInboundCallsInterceptor, 'execute'>,
  ): Promise<unknown> {
    const { trace } = input.headers;
    if (trace) Counting.traces.push(defaultPayloadConverter.fromPayload(trace));
    return next(input);
  }
}

const notes: string[] = [];
const sinks: InjectedSinks<AuditSinks> = {
  audit: {
    note: {
      fn({ workflowId }, what) {
        notes.push(`${workflowId} ${what}`);
      },
      callDuringReplay: false,
    },
  },
};

const started: string[] = [];
const noting: WorkflowClientInterceptor = {
  async start(input, next) {
    started.push(input.options.workflowId);
    return next(input);
  },
};

const taskQueue = 'orders';
const activities = createActivities(new Map([['tea', 4]]));
const dataConverter = { payloadCodecs: [new ReversingCodec()] };
const workflowsPath = fileURLToPath(new URL('./ported-workflows.ts', import.meta.url));
let env: TestWorkflowEnvironment;
let client: Client;
let worker: Worker;
let workflowBundle: WorkflowBundle;
let running: Promise<void>;

beforeAll(async () => {
  Runtime.install({
    logger: new DefaultLogger('ERROR'),
    telemetryOptions: { logging: { filter: makeTelemetryFilterString({ core: 'ERROR' }) } },
  });
  env = await TestWorkflowEnvironment.createTimeSkipping({ client: { dataConverter } });
  client = new Client({
    connection: env.connection,
    namespace: env.namespace,
    dataConverter,
    interceptors: { workflow: [noting] },
  });
  workflowBundle = await bundleWorkflowCode({
    workflowsPath,
    workflowInterceptorModules: [workflowsPath],
  });
  const options: WorkerOptions = {
    connection: env.nativeConnection,
    namespace: env.namespace,
    taskQueue,
    workflowBundle,
    activities,
    dataConverter,
    sinks,
    interceptors: { activity: [() => ({ inbound: new Counting() })] },
    maxConcurrentActivityTaskExecutions: 10,
    maxConcurrentWorkflowTaskPolls: 2,
    nonStickyToStickyPollRatio: 0.2,
    reuseV8Context: true,
    shutdownGraceTime: '1s',
  };
  worker = await Worker.create(options);
  running = worker.run();
});
afterAll(async () => {
  worker.shutdown();
  await running;
  await replayAll(env, { workflowBundle, dataConverter });
  Runtime.install({});
  await env.teardown();
});

const order: Order = { customer: 'ann', items: ['tea', 'cup'] };
const start = (workflowId: string, args: [Order] = [order]) =>
  client.workflow.start(placeOrder, { taskQueue, workflowId, args });

describe('an order', () => {
  it('is asked, changed, approved, paid at the second attempt, and shipped the day after', async () => {
    const handle = await start('o-1');
    expectTypeOf(handle).toExtend<WorkflowHandle<typeof placeOrder>>();
    expect(await handle.query(status)).toBe('open');
    expect(await handle.executeUpdate(addItem, { args: ['spoon'] })).toBe(3);
    const refused = handle.executeUpdate(addItem, { args: [' '] });
    await expect(refused).rejects.toBeInstanceOf(WorkflowUpdateFailedError);
    await handle.signal(approve, 'bob');
    expect(await handle.result()).toBe('[paid ann:6, [3 shipped]]');
    expect(started).toEqual(['o-1']);
    expect(notes).toEqual(['o-1 approved by bob']);
    expect(Counting.traces).toEqual(['of quote', 'of charge', 'of charge']);
    const { memo } = await client.workflow.getHandle('o-1/shipping').describe();
    expect(memo).toEqual({ parcels: 3 });
  });

  it('that nobody approves fails after two days, of no time at all', async () => {
    const failed = await client.workflow
      .execute(placeOrder, { taskQueue, workflowId: 'o-2', args: [order] })
      .catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(WorkflowFailedError);
    expect((failed as WorkflowFailedError).cause).toMatchObject({ type: 'NotApproved' });
  });

  it('that cannot be paid says why, through all that is around it', async () => {
    const handle = await start('o-3', [{ customer: 'eve', items: [] }]);
    await handle.signal(approve, 'bob');
    const failed = (await handle.result().catch((error: unknown) => error)) as WorkflowFailedError;
    const { cause } = failed;
    expect(cause).toBeInstanceOf(ActivityFailure);
    const reason = (cause as ActivityFailure).cause as ApplicationFailure;
    expect(reason).toBeInstanceOf(ApplicationFailure);
    expect(reason).toMatchObject({ type: 'CardRefused', nonRetryable: true, details: [0] });
  });
});

it('its histories replay, and what cannot be replayed is told', async () => {
  const options = {
    workflowsPath,
    dataConverter,
    interceptors: { workflowModules: [workflowsPath] },
    sinks,
  };
  const heard = notes.length;
  const histories = client.workflow.list().intoHistories({ concurrency: 2 });
  const replayed: string[] = [];
  for await (const { workflowId, error } of Worker.runReplayHistories(options, histories)) {
    expect(error).toBeUndefined();
    replayed.push(workflowId);
  }
  expect(replayed.toSorted()).toEqual(['o-1', 'o-1/shipping', 'o-2', 'o-3']);
  expect(notes).toHaveLength(heard);

  const history = await client.workflow.getHandle('o-1').fetchHistory();
  const file = JSON.stringify(history);
  expect(file).toContain('"eventType":"EVENT_TYPE_WORKFLOW_EXECUTION_STARTED"');
  // A file does not say with which keys its payloads are sealed: in a program, the environment does.
  const { keyRing } = env.connection.defaults;
  await Worker.runReplayHistory({ ...options, keyRing }, JSON.parse(file), 'o-1');
  const other = file.replace('{"name":"charge"}', '{"name":"refund"}');
  const replaying = Worker.runReplayHistory({ ...options, keyRing }, JSON.parse(other), 'o-1');
  await expect(replaying).rejects.toThrow(DeterminismViolationError);
});

it('its activities run alone', async () => {
  const alone = new MockActivityEnvironment({ attempt: 2 });
  const beats: unknown[] = [];
  alone.on('heartbeat', (details: unknown) => beats.push(details));
  expect(await alone.run(activities.charge, 'ann', 3)).toEqual({ receipt: 'ann:3' });
  expect(beats).toEqual([{ attempt: 2 }]);
});
