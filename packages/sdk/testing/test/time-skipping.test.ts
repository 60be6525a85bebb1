import { randomUUID } from 'node:crypto';
import { setTimeout as realSleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import {
  ActivityFailure,
  TimeoutFailure,
  WorkflowFailedError,
  type WorkflowHandle,
} from '@perdure/client';
import { IllegalStateError, type Workflow, silentLogger } from '@perdure/common';
import {
  type ReplayWorkerOptions,
  Worker,
  type WorkerOptions,
  type WorkflowBundle,
  bundleWorkflowCode,
} from '@perdure/worker';
import fc from 'fast-check';
import { afterEach, beforeAll, expect, test, vi } from 'vitest';
import {
  MockActivityEnvironment,
  TestWorkflowEnvironment,
  workflowInterceptorModules,
} from '../src/index.ts';
import { Activities } from './activities.ts';
import { replayAll } from './replayed.ts';
import * as workflows from './workflows.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const taskQueue = 'test';

let bundle: WorkflowBundle;
/** With what ran in them, where that is not the bundle. */
const environments: { env: TestWorkflowEnvironment; code?: ReplayWorkerOptions }[] = [];

beforeAll(async () => {
  const workflowsPath = fileURLToPath(new URL('./workflows.ts', import.meta.url));
  bundle = await bundleWorkflowCode({ workflowsPath });
  // What is loaded with the first environment is not to count as any test's time.
  await (await TestWorkflowEnvironment.createTimeSkipping()).teardown();
});
afterEach(async () => {
  for (const { env, code } of environments.splice(0)) {
    await replayAll(env, code ?? { workflowBundle: bundle });
    await env.teardown();
  }
});

async function newEnvironment(code?: ReplayWorkerOptions): Promise<TestWorkflowEnvironment> {
  const env = await TestWorkflowEnvironment.createTimeSkipping();
  environments.push({ env, code });
  return env;
}

function workerOf(
  env: TestWorkflowEnvironment,
  options: Partial<WorkerOptions> = {},
): Promise<Worker> {
  return Worker.create({
    connection: env.nativeConnection,
    taskQueue,
    workflowBundle: bundle,
    activities: new Activities(env),
    ...options,
  });
}

function start<T extends Workflow>(
  env: TestWorkflowEnvironment,
  workflow: T,
  ...args: Parameters<T>
): Promise<WorkflowHandle<T>> {
  const options = { taskQueue, workflowId: randomUUID(), args };
  return env.client.workflow.start<Workflow>(workflow, options) as Promise<WorkflowHandle<T>>;
}

/** Runs a workflow with a worker of its own. */
async function run<T extends Workflow>(
  env: TestWorkflowEnvironment,
  workflow: T,
  ...args: Parameters<T>
): Promise<Awaited<ReturnType<T>>> {
  const worker = await workerOf(env);
  const handle = await start(env, workflow, ...args);
  return worker.runUntil(handle.result()) as Promise<Awaited<ReturnType<T>>>;
}

test('a workflow sleeps for a year at once', async () => {
  const env = await newEnvironment();
  const before = await env.currentTimeMs();
  expect(await run(env, workflows.sleepFor, 365 * DAY)).toBeGreaterThanOrEqual(365 * DAY);
  const passed = (await env.currentTimeMs()) - before;
  expect(passed).toBeGreaterThanOrEqual(365 * DAY);
  expect(passed).toBeLessThan(366 * DAY);
});

test('a timeout of a condition comes at once, and a signal while time stands still comes before it', async () => {
  const env = await newEnvironment();
  const worker = await workerOf(env);
  await worker.runUntil(async () => {
    const alone = await start(env, workflows.waitADay);
    expect(await alone.result()).toBe('nobody came');
    const told = await start(env, workflows.waitADay);
    // Nobody waits for anything: the day does not pass.
    await realSleep(100);
    await told.signal(workflows.proceed, 'go on');
    expect(await told.result()).toBe('go on');
  });
});

test('back-offs of hours between retries are left out', async () => {
  const env = await newEnvironment();
  // 1 + 2 + 4 + 8 + 16 hours.
  expect(await run(env, workflows.retryFlaky, 5)).toBeGreaterThanOrEqual(31 * HOUR);
});

test('while an activity really runs, time passes as it does for everybody', async () => {
  const env = await newEnvironment();
  const worker = await workerOf(env, { activities: new Activities(env, 2_000) });
  const before = await env.currentTimeMs();
  await worker.runUntil(async () => {
    const handle = await start(env, workflows.workBesideTimer);
    expect(await handle.result()).toBe('done');
  });
  expect((await env.currentTimeMs()) - before).toBeLessThan(HOUR);
});

test('an activity may sleep in the environment and take no time', async () => {
  const env = await newEnvironment();
  const took = await run(env, workflows.sleepInActivity);
  expect(took).toBeGreaterThanOrEqual(20 * DAY);
  expect(took).toBeLessThan(21 * DAY);
});

test.each([
  ['that nobody takes', workflows.callUnserved, 'SCHEDULE_TO_START', 3 * DAY],
  ['that sleeps for too long', workflows.sleepTooLongInActivity, 'START_TO_CLOSE', DAY],
])('an activity %s times out', async (_, workflow, timeoutType, after) => {
  const env = await newEnvironment();
  const worker = await workerOf(env);
  const before = await env.currentTimeMs();
  const [failure, then] = await worker.runUntil(async () => {
    const handle = await start(env, workflow);
    const error: unknown = await handle.result().catch((reason: unknown) => reason);
    // The worker waits for an activity that still sleeps: the rest of its time passes too.
    return [error, await env.currentTimeMs()];
  });
  expect(failure).toBeInstanceOf(WorkflowFailedError);
  const { cause } = failure as WorkflowFailedError;
  expect(cause).toBeInstanceOf(ActivityFailure);
  expect(cause?.cause).toBeInstanceOf(TimeoutFailure);
  expect(cause?.cause).toMatchObject({ timeoutType });
  expect(then - before).toBeGreaterThanOrEqual(after);
  expect(then - before).toBeLessThan(after + HOUR);
});

test('an activity is tried no longer than it may be', async () => {
  const env = await newEnvironment();
  const took = await run(env, workflows.tryForHours);
  expect(took).toBeGreaterThanOrEqual(9 * HOUR);
  expect(took).toBeLessThan(10 * HOUR + 60_000);
});

test('sleep takes the workflows along, and leaves the rest of time alone', async () => {
  const env = await newEnvironment();
  const worker = await workerOf(env);
  await worker.runUntil(async () => {
    const handle = await start(env, workflows.countDays, 1_000);
    const before = await env.currentTimeMs();
    await env.sleep('73 hours');
    const fired = async () => {
      const { events } = await handle.fetchHistory();
      return events.filter(({ eventType }) => eventType === 'TimerFired').length;
    };
    expect(await fired()).toBe(3);
    expect((await env.currentTimeMs()) - before).toBeLessThan(3 * DAY + 2 * HOUR);
    await realSleep(100);
    expect(await fired()).toBe(3);
    await handle.terminate();
  });
});

test('sleep passes without a worker too', async () => {
  const env = await newEnvironment();
  const handle = await start(env, workflows.sleepFor, DAY);
  const before = await env.currentTimeMs();
  await env.sleep('1 hour');
  expect((await env.currentTimeMs()) - before).toBeGreaterThanOrEqual(HOUR);
  expect((await handle.describe()).status.name).toBe('RUNNING');
});

test('a worker that comes late finds no deadline passed', async () => {
  const env = await newEnvironment();
  const handle = await env.client.workflow.start(workflows.sleepFor, {
    taskQueue,
    workflowId: randomUUID(),
    workflowRunTimeout: '1 hour',
    args: [60_000],
  });
  const result = handle.result();
  await realSleep(1_300);
  const worker = await workerOf(env);
  expect(await worker.runUntil(result)).toBeGreaterThanOrEqual(60_000);
});

test('what is left of one test does not keep time from passing in the next', async () => {
  const env = await newEnvironment();
  const first = await workerOf(env, { logger: silentLogger });
  await first.runUntil(async () => {
    await start(env, workflows.countDays, 1_000_000);
    const failing = await start(env, workflows.failTasks);
    await env.sleep('2 hours');
    expect((await failing.describe()).pendingWorkflowTask?.attempt).toBeGreaterThan(1);
  });
  const second = await workerOf(env, { taskQueue: 'another' });
  const options = { taskQueue: 'another', workflowId: randomUUID(), args: [365 * DAY] as [number] };
  const slept = second.runUntil(env.client.workflow.execute(workflows.sleepFor, options));
  expect(await slept).toBeGreaterThanOrEqual(365 * DAY);
});

test('two environments at once are two worlds', async () => {
  const [a, b] = await Promise.all([newEnvironment(), newEnvironment()]);
  const before = await b.currentTimeMs();
  const [year, day] = await Promise.all([
    run(a, workflows.sleepFor, 365 * DAY),
    run(b, workflows.sleepFor, DAY),
  ]);
  expect(year).toBeGreaterThanOrEqual(365 * DAY);
  expect(day).toBeLessThan(2 * DAY);
  expect((await b.currentTimeMs()) - before).toBeLessThan(2 * DAY);
  expect((await a.currentTimeMs()) - before).toBeGreaterThanOrEqual(365 * DAY);
  for await (const { workflowType, status } of b.client.workflow.list()) {
    expect({ workflowType, status }).toEqual({ workflowType: 'sleepFor', status: 'COMPLETED' });
  }
});

test('the same test gives the same history, at the same distances in time', async () => {
  const runOnce = async (): Promise<string[]> => {
    const env = await newEnvironment();
    const worker = await workerOf(env);
    return worker.runUntil(async () => {
      const handle = await start(env, workflows.mixture);
      expect(await handle.result()).toEqual(['one', 'two']);
      const { events } = await handle.fetchHistory();
      const from = events[0]!.eventTime;
      // What takes real time takes milliseconds, more or less.
      const minutes = (time: number) => Math.round((time - from) / 60_000);
      return events.map(({ eventType, eventTime }) => `${eventType} ${minutes(eventTime)}`);
    });
  };
  const first = await runOnce();
  expect(await runOnce()).toEqual(first);
  expect(first.at(-1)).toMatch(/^WorkflowExecutionCompleted /);
});

test('children, messages between workflows and runs that follow runs take no time', async () => {
  const env = await newEnvironment();
  const worker = await workerOf(env);
  await worker.runUntil(async () => {
    const [took, said] = await (await start(env, workflows.family)).result();
    expect(said).toBe('a week has passed');
    expect(took).toBeGreaterThanOrEqual(30 * DAY);
    expect(took).toBeLessThan(30 * DAY + HOUR);
    const { workflowId } = await start(env, workflows.dayByDay, 20);
    await env.sleep('21 days');
    const last = env.client.workflow.getHandle<typeof workflows.dayByDay>(workflowId);
    const days = (await last.result()) / DAY;
    expect(days).toBeGreaterThanOrEqual(20);
    expect(days).toBeLessThan(20.1);
  });
});

test('hundreds of days one by one, and many workflows side by side', async () => {
  const env = await newEnvironment();
  const worker = await workerOf(env);
  await worker.runUntil(async () => {
    const counting = await start(env, workflows.countDays, 300);
    expect(await counting.result()).toBe(300);
    const sleepers = Array.from({ length: 50 }, (_, i) => start(env, workflows.sleepFor, i * DAY));
    const results = await Promise.all(sleepers.map(async (handle) => (await handle).result()));
    results.forEach((slept, i) => expect(slept).toBeGreaterThanOrEqual(i * DAY));
  });
});

/** Hours that a program is to take. */
function hoursOf(program: workflows.Program): number {
  switch (program.kind) {
    case 'sleep':
      return program.hours;
    case 'retry':
      // Back-offs of 1, 2, 4, … hours.
      return 2 ** program.failures - 1;
    case 'sequence':
      return program.parts.map(hoursOf).reduce((sum, hours) => sum + hours, 0);
    case 'all':
      return Math.max(0, ...program.parts.map(hoursOf));
    case 'first':
      return Math.min(...program.parts.map(hoursOf));
  }
}

const { program: programs } = fc.letrec<{ program: workflows.Program }>((tie) => ({
  program: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.record({ kind: fc.constant('sleep' as const), hours: fc.integer({ min: 1, max: 10_000 }) }),
    fc.record({ kind: fc.constant('retry' as const), failures: fc.nat(6) }),
    fc.record({
      kind: fc.constantFrom('sequence', 'all', 'first'),
      parts: fc.array(tie('program'), { minLength: 1, maxLength: 4 }),
    }),
  ),
}));

test('any program takes the time it asks for, whatever runs beside it', async () => {
  const env = await newEnvironment();
  const worker = await workerOf(env);
  await worker.runUntil(async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(programs, { minLength: 1, maxLength: 3 }), async (together) => {
        const handles = await Promise.all(
          together.map((program) => start(env, workflows.runProgram, program)),
        );
        const hours = await Promise.all(handles.map((handle) => handle.result()));
        hours.forEach((took, i) => {
          const late = took - hoursOf(together[i]!);
          expect(late).toBeGreaterThanOrEqual(0);
          // What takes real time takes milliseconds.
          expect(late).toBeLessThan(0.05);
        });
      }),
      { numRuns: 30 },
    );
  });
});

test('payloads are sealed; a key ring of null has them travel in the clear', async () => {
  const env = await newEnvironment();
  const clear = await TestWorkflowEnvironment.createTimeSkipping({ client: { keyRing: null } });
  environments.push({ env: clear });
  const resultOf = async (on: TestWorkflowEnvironment): Promise<string> => {
    const worker = await workerOf(on);
    return worker.runUntil(async () => {
      const handle = await start(on, workflows.waitForSignal);
      await handle.signal(workflows.proceed, 'marzipan');
      await handle.result();
      const { events } = await handle.fetchHistory();
      const last = events.at(-1);
      if (last?.eventType !== 'WorkflowExecutionCompleted') throw new Error('not completed');
      return Buffer.from(last.attributes.result ?? []).toString();
    });
  };
  expect(await resultOf(clear)).toContain('marzipan');
  expect(await resultOf(env)).not.toContain('marzipan');
});

test('a history is replayed with the keys of the environment it comes from', async () => {
  const env = await newEnvironment();
  const worker = await workerOf(env);
  const handle = await start(env, workflows.mixture);
  await worker.runUntil(handle.result());
  const history = await handle.fetchHistory();
  await Worker.runReplayHistory({ workflowBundle: bundle }, history);
  const elsewhere = Worker.runReplayHistory({ workflowBundle: bundle }, structuredClone(history));
  await expect(elsewhere).rejects.toThrow(/no key ring is configured/);
});

test('with the interceptors, a failed assertion fails the workflow', async () => {
  const workflowsPath = fileURLToPath(new URL('./workflows.ts', import.meta.url));
  const interceptors = { workflowModules: workflowInterceptorModules };
  const env = await newEnvironment({ workflowsPath, interceptors });
  const worker = await workerOf(env, { workflowBundle: undefined, workflowsPath, interceptors });
  const failureOf = async (handle: WorkflowHandle): Promise<unknown> => {
    const error: unknown = await handle.result().catch((reason: unknown) => reason);
    return (error as WorkflowFailedError).cause;
  };
  await worker.runUntil(async () => {
    const facts = { type: 'AssertionError', nonRetryable: true };
    const lonely = await start(env, workflows.assertsInVain);
    expect(await failureOf(lonely)).toMatchObject({ ...facts, message: 'expected 1 to be 2' });
    const told = await start(env, workflows.assertsInVain);
    await told.signal(workflows.check);
    const message = 'expected the signal to be welcome';
    expect(await failureOf(told)).toMatchObject({ ...facts, message });
  });
});

test('the environment of the process does not matter', async () => {
  vi.stubEnv('PERDURE_ADDRESS', 'nowhere.example:1');
  vi.stubEnv('PERDURE_NAMESPACE', 'elsewhere');
  vi.stubEnv('PERDURE_API_KEY', 'of-somebody-else');
  vi.stubEnv('PERDURE_KEYRING', '/no/such/file');
  try {
    const env = await newEnvironment();
    expect(await run(env, workflows.sleepFor, DAY)).toBeGreaterThanOrEqual(DAY);
  } finally {
    vi.unstubAllEnvs();
  }
});

test('a local activity is told that it cannot sleep', async () => {
  const env = await newEnvironment();
  const local = new MockActivityEnvironment({ isLocal: true });
  await expect(local.run(() => env.sleep('1 day'))).rejects.toThrow(IllegalStateError);
  await new MockActivityEnvironment().run(() => env.sleep('1 day'));
});

test('who sleeps when the environment ends is told so', async () => {
  const env = await TestWorkflowEnvironment.createTimeSkipping();
  // Waits for a worker for a while, and so does the sleep.
  await start(env, workflows.sleepFor, DAY);
  const sleeping = env.sleep('1 year').catch((error: unknown) => error);
  await env.teardown();
  expect(await sleeping).toBeInstanceOf(IllegalStateError);
  await env.teardown();
});
