/**
 * Workers that take tasks and never answer: time-outs hand the tasks on, and a late answer changes
 * nothing. Workers whose connection ends, or whose process freezes, are not waited for.
 */
import type { DownstreamMessage } from '@perdure/protocol';
import {
  type Platform,
  RawStream,
  Stage,
  type WorkerProcess,
  clientOf,
  eventually,
  eventsOf,
  flawsOf,
  readLedger,
  shapeOf,
  startPlatform,
} from '@perdure/test-support';
import type { Client, WorkflowHandle } from '@perdure/client';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { type CrewPlace, newLedger, startCrew } from './crew.ts';
import { FooBars } from './foo-bars.ts';

const fileStage = new Stage();
let platform: Platform;
let client: Client;
let stage: Stage;
let place: CrewPlace;
let tests = 0;

beforeAll(async () => {
  platform = await startPlatform(fileStage);
  client = await clientOf(fileStage, platform);
});
beforeEach(() => {
  stage = new Stage();
  place = { taskQueue: `hanging-${tests++}`, ledger: newLedger(stage) };
});
afterEach(() => stage.close());
afterAll(() => fileStage.close());

type Tasks = Extract<DownstreamMessage, { kind: 'tasks' }>;

/** Opens a worker that takes one workflow task, or one activity, and does nothing with it. */
async function openIdler(kind: 'workflow' | 'activity') {
  const stream = await RawStream.connect(stage, platform);
  await stream.openWorker(platform, {
    taskQueue: place.taskQueue,
    ...(kind === 'workflow'
      ? { workflowTypes: ['fooBar'], workflowCredit: 1 }
      : { activityTypes: ['foo', 'bar'], activityCredit: 1 }),
  });
  const taken = (): Promise<Tasks> =>
    stream.hear('tasks', ({ workflowTasks, activityTasks }) =>
      kind === 'workflow' ? workflowTasks.length > 0 : activityTasks.length > 0,
    );
  return { stream, taken };
}

function startOne(taskTimeout?: '1s', attemptTimeout?: string): Promise<WorkflowHandle> {
  return client.workflow.start('fooBar', {
    taskQueue: place.taskQueue,
    workflowId: place.taskQueue,
    workflowTaskTimeout: taskTimeout ?? '2 minutes',
    args: attemptTimeout ? ['x', attemptTimeout] : ['x'],
  });
}

/** A worker that works, on the test's queue. */
function startWorker(): Promise<WorkerProcess> {
  return startCrew(stage, platform, place);
}

async function expectDone(handle: WorkflowHandle, shape: string): Promise<void> {
  expect(await handle.result()).toBe('bar(foo(x))');
  const { events } = await handle.fetchHistory();
  expect(flawsOf(events, true)).toEqual([]);
  expect(shapeOf(events)).toBe(shape);
}

it('a workflow task that is never answered times out, and another worker goes on', async () => {
  const idler = await openIdler('workflow');
  const handle = await startOne('1s');
  const { workflowTasks } = await idler.taken();
  await startWorker();
  await expectDone(handle, 'S Tt T As Ast Ac T As Ast Ac T OK');

  // The idler wakes up: its answer is of a task that is no more.
  const { workflowId, runId, startedEventId, attempt, fence } = workflowTasks[0]!;
  const token = { workflowId, runId, startedEventId, attempt, fence };
  const late = { kind: 'workflowTaskCompleted', n: 7, token, commands: [] } as const;
  idler.stream.say({ kind: 'complete', channel: 1, completions: [late] });
  const { acks } = await idler.stream.hear('tasks', (message) => message.acks.length > 0);
  expect(acks).toMatchObject([{ n: 7, outcome: 'stale' }]);
});

it('an attempt that is never answered times out, and the next one runs elsewhere', async () => {
  const idler = await openIdler('activity');
  await startCrew(stage, platform, place, { maxConcurrentActivityTaskExecutions: 1 });
  // Both have a slot; more runs than the worker has slots give the idler one.
  const load = new FooBars([client], place, ['1s']);
  load.start(4);
  const { activityTasks } = await idler.taken();
  await load.finish(30_000);
  expect(await load.flaws()).toEqual([]);

  const { token } = activityTasks[0]!;
  const handle = client.workflow.getHandle(token.workflowId);
  const { events } = await handle.fetchHistory();
  const started = eventsOf(events, 'ActivityTaskStarted').map(({ attributes }) => attributes);
  expect(started.find((each) => each.scheduledEventId === token.scheduledEventId)).toMatchObject({
    attempt: 2,
    lastFailure: { info: { kind: 'timeout', timeoutType: 'START_TO_CLOSE' } },
  });
  const late = { kind: 'activityCompleted', n: 9, token } as const;
  idler.stream.say({ kind: 'complete', channel: 1, completions: [late] });
  const { acks } = await idler.stream.hear('tasks', (message) => message.acks.length > 0);
  expect(acks).toMatchObject([{ n: 9, outcome: 'stale' }]);
});

it('a workflow task is handed on at once when its worker disconnects', async () => {
  const idler = await openIdler('workflow');
  const handle = await startOne();
  await idler.taken();
  await startWorker();
  idler.stream.break();
  await expectDone(handle, 'S Tt T As Ast Ac T As Ast Ac T OK');
});

it('an activity is handed on when its worker disconnects, long before its time-out', async () => {
  const idler = await openIdler('activity');
  const worker = await startCrew(stage, platform, place, {
    maxConcurrentActivityTaskExecutions: 1,
  });
  const load = new FooBars([client], place);
  load.start(4);
  await idler.taken();
  idler.stream.break();
  await load.finish(30_000);
  expect(await load.flaws()).toEqual([]);
  expect(readLedger(place.ledger).every(({ pid }) => pid === worker.pid)).toBe(true);
});

it('what a frozen process runs is handed on, and what it says when it wakes is of no effect', async () => {
  const [frozen] = [await startWorker(), await startWorker()];
  const load = new FooBars([client], place);
  load.start(100);
  await eventually(() => expect(readLedger(place.ledger).length).toBeGreaterThan(20));
  process.kill(frozen.pid, 'SIGSTOP');
  await load.finish(30_000);
  process.kill(frozen.pid, 'SIGCONT');
  load.start(100);
  await load.finish(30_000);
  expect(await load.flaws()).toEqual([]);
});
