/** Scenarios 52–55: runs that time out, are retried, come again by cron, continue as new. */
import {
  WorkflowContinuedAsNewError,
  WorkflowFailedError,
  type WorkflowHandle,
} from '@perdure/client';
import { CancelledFailure, RetryState, TimeoutFailure, TimeoutType } from '@perdure/common';
import type { EventAttributes, EventType, HistoryEvent } from '@perdure/protocol';
import { eventually, eventsOf, rejectionOf } from '@perdure/test-support';
import { expect } from 'vitest';
import { type Scene, historyOf, shape, useFixture } from './fixture.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const gates: { readonly entered: () => void; readonly left: Promise<void> }[] = [];

/** In the middle of a workflow task, until the test lets it go on. */
async function hold(): Promise<void> {
  const gate = gates.shift();
  gate?.entered();
  await gate?.left;
}

const { scenario } = useFixture('chains', { hold });

/** The runs of a chain, first to last. */
async function chainOf(
  { client }: Scene,
  { workflowId, firstExecutionRunId }: WorkflowHandle,
): Promise<{ readonly handle: WorkflowHandle; readonly events: HistoryEvent[] }[]> {
  const runs = [];
  for (let runId = firstExecutionRunId; runId !== undefined;) {
    const handle = client.workflow.getHandle(workflowId, runId, { followRuns: false });
    const events = await historyOf(handle);
    runs.push({ handle, events });
    const close = events.at(-1)!.attributes as { newExecutionRunId?: string };
    runId = close.newExecutionRunId;
  }
  return runs;
}

function started(events: HistoryEvent[]): EventAttributes<'WorkflowExecutionStarted'> {
  return only(events, 'WorkflowExecutionStarted');
}

function only<T extends EventType>(events: HistoryEvent[], type: T): EventAttributes<T> {
  const [event] = eventsOf(events, type);
  return event!.attributes as EventAttributes<T>;
}

async function failureOf(handle: WorkflowHandle): Promise<WorkflowFailedError> {
  const error = await rejectionOf(handle.result());
  expect(error).toBeInstanceOf(WorkflowFailedError);
  return error as WorkflowFailedError;
}

scenario('52: a run takes too long', async ({ start }) => {
  for (const bound of ['workflowRunTimeout', 'workflowExecutionTimeout']) {
    const handle = await start('sleepsForAYear', [], { [bound]: '1 day' });
    const error = await failureOf(handle);
    expect(error.message).toBe('Workflow execution timed out');
    expect(error.retryState).toBe(RetryState.RETRY_POLICY_NOT_SET);
    expect(error.cause).toBeInstanceOf(TimeoutFailure);
    expect(error.cause).toMatchObject({ timeoutType: TimeoutType.START_TO_CLOSE });
    expect(await shape(handle)).toBe('S T Tm+ TO');
    const [begin, end] = [(await historyOf(handle))[0]!, (await historyOf(handle)).at(-1)!];
    expect(end.eventTime - begin.eventTime).toBeGreaterThanOrEqual(24 * HOUR);
  }
});

scenario(
  '52: a run that no worker has seen takes too long',
  async ({ env, start }) => {
    const handle = await start('sleepsForAYear', [], { workflowRunTimeout: '1 day' });
    await env.sleep('25 hours');
    expect((await failureOf(handle)).message).toBe('Workflow execution timed out');
    expect(await shape(handle)).toBe('S Ts TO');
  },
  false,
);

scenario('52: a run that took too long is retried, a whole execution never', async (scene) => {
  const retry = { initialInterval: '1 hour' };
  const options = { retry, workflowRunTimeout: '1 day' };
  const handle = await scene.start('succeedsAt', [2, 'sleeps'], options);
  expect(await handle.result()).toMatchObject({ attempt: 2, lastFailure: 'workflow timeout' });
  const runs = await chainOf(scene, handle);
  expect(await Promise.all(runs.map((run) => shape(run.handle)))).toEqual(['S T Tm+ TO', 'S T OK']);

  const bounded = { retry, workflowExecutionTimeout: '1 day' };
  const whole = await scene.start('succeedsAt', [2, 'sleeps'], bounded);
  const error = await failureOf(whole);
  expect(error.message).toBe('Workflow execution timed out');
  expect(error.retryState).toBe(RetryState.TIMEOUT);
  expect(await shape(whole)).toBe('S T Tm+ TO');
});

scenario('53: a failed run is retried in new runs', async (scene) => {
  const retry = { initialInterval: '1 hour', backoffCoefficient: 3 };
  const handle = await scene.start('succeedsAt', [3, 'fails'], { retry });
  const first = handle.firstExecutionRunId!;
  expect(await handle.result()).toMatchObject({ attempt: 3, lastFailure: 'not at 2' });
  const runs = await chainOf(scene, handle);
  expect(await Promise.all(runs.map((run) => shape(run.handle)))).toEqual([
    'S T FAIL',
    'S T FAIL',
    'S T OK',
  ]);
  const [one, two, three] = runs.map(({ events }) => started(events));
  expect(one).toMatchObject({ attempt: 1, firstExecutionRunId: first });
  expect(one?.initiator).toBeUndefined();
  const follower = { initiator: 'RETRY', firstExecutionRunId: first };
  expect(two).toMatchObject({
    ...follower,
    attempt: 2,
    continuedExecutionRunId: first,
    firstWorkflowTaskBackoffMs: HOUR,
    continuedFailure: { info: { kind: 'application', type: 'TooEarly' } },
  });
  expect(three).toMatchObject({
    ...follower,
    attempt: 3,
    continuedExecutionRunId: runs[1]!.handle.runId,
    firstWorkflowTaskBackoffMs: 3 * HOUR,
  });
  const [begun, scheduled] = runs[1]!.events;
  expect(scheduled!.eventTime - begun!.eventTime).toBeGreaterThanOrEqual(HOUR);
  const retryStates = runs.slice(0, 2).map(({ events }) => {
    return only(events, 'WorkflowExecutionFailed').retryState;
  });
  expect(retryStates).toEqual([RetryState.IN_PROGRESS, RetryState.IN_PROGRESS]);
});

scenario('53: and not when the policy forbids it', async ({ start }) => {
  const cases = [
    { retry: { maximumAttempts: 2 }, attempts: 2, state: RetryState.MAXIMUM_ATTEMPTS_REACHED },
    {
      retry: { nonRetryableErrorTypes: ['TooEarly'] },
      attempts: 1,
      state: RetryState.NON_RETRYABLE_FAILURE,
    },
  ];
  for (const { retry, attempts, state } of cases) {
    const handle = await start('succeedsAt', [9, 'fails'], { retry });
    const error = await failureOf(handle);
    expect(error.retryState).toBe(state);
    expect(error.cause).toMatchObject({ message: `not at ${attempts}`, type: 'TooEarly' });
  }
  const final = await start('failsForGood', [], { retry: {} });
  const error = await failureOf(final);
  expect(error.retryState).toBe(RetryState.NON_RETRYABLE_FAILURE);
  expect(error.cause).toMatchObject({ message: 'never again', type: 'Final', nonRetryable: true });
  expect(await shape(final)).toBe('S T FAIL');
});

scenario('54: cron runs come again, whatever became of the last', async (scene) => {
  const options = { cronSchedule: '0 * * * *', workflowRunTimeout: '90 minutes' };
  const handle = await scene.start('counts', [], options);
  await scene.env.sleep('6 hours');
  await scene.client.workflow.getHandle(handle.workflowId).terminate('enough');
  const runs = await chainOf(scene, handle);
  const shapes = await Promise.all(runs.map((run) => shape(run.handle)));
  expect(shapes.slice(0, 4)).toEqual(['S T OK', 'S T FAIL', 'S T Tm+ TO', 'S T OK']);
  expect(shapes.at(-1)).toBe('S TERM');
  const results = runs.flatMap(({ events }) => eventsOf(events, 'WorkflowExecutionStarted'));
  expect(results[0]?.attributes).toMatchObject({ cronSchedule: '0 * * * *', attempt: 1 });
  for (const [i, { attributes, eventTime }] of results.entries()) {
    const due = eventTime + attributes.firstWorkflowTaskBackoffMs!;
    expect(due % HOUR).toBe(0);
    expect(attributes.firstExecutionRunId).toBe(handle.firstExecutionRunId);
    if (i > 0) expect(attributes.initiator).toBe('CRON_SCHEDULE');
    // The result of the first run stays until there is another.
    expect(attributes.lastCompletionResult === undefined).toBe(i === 0);
  }
  expect(results[2]?.attributes.continuedFailure).toBeDefined();
});

scenario('54: only a cancel request or a termination ends it', async (scene) => {
  const handle = await scene.start('waits', [], { cronSchedule: '0 0 * * *' });
  const current = scene.client.workflow.getHandle(handle.workflowId);
  const [first] = await chainOf(scene, handle);
  const begun = first!.events[0]!;
  await scene.env.sleep(started(first!.events).firstWorkflowTaskBackoffMs! + 1_000);
  expect(begun.eventType).toBe('WorkflowExecutionStarted');
  await eventually(async () => expect(await shape(current)).toBe('S T Tm+'));
  await current.cancel();
  const error = await failureOf(current);
  expect(error.message).toBe('Workflow execution cancelled');
  expect(error.cause).toBeInstanceOf(CancelledFailure);
  expect(await shape(current)).toBe('S T Tm+ CR T Tm- CANCELED');
  expect(await chainOf(scene, handle)).toHaveLength(1);
});

scenario('55: what a run that continues as new hands over', async (scene) => {
  const handle = await scene.start('handsOver', [2], {
    memo: { place: 'first' },
    searchAttributes: { place: ['first'] },
    workflowRunTimeout: '1 hour',
    workflowExecutionTimeout: '1 day',
    workflowTaskTimeout: '7 seconds',
    retry: { maximumAttempts: 3 },
  });
  const firstExecutionRunId = handle.firstExecutionRunId!;
  expect(await handle.result()).toEqual({
    memo: { place: 'first', changed: 'in a run' },
    searchAttributes: { place: ['first'] },
    runTimeoutMs: HOUR,
    executionTimeoutMs: 24 * HOUR,
    taskTimeoutMs: 7_000,
    maximumAttempts: 3,
    firstExecutionRunId,
    attempt: 1,
  });
  const runs = await chainOf(scene, handle);
  const shapes = await Promise.all(runs.map((run) => shape(run.handle)));
  expect(shapes).toEqual(['S T CAN', 'S T WP CAN', 'S T OK']);
  for (const [i, { events }] of runs.entries()) {
    if (i === 0) continue;
    expect(started(events)).toMatchObject({
      firstExecutionRunId,
      continuedExecutionRunId: runs[i - 1]!.handle.runId,
      initiator: 'WORKFLOW',
    });
    // Starts are at least a second apart.
    const apart = events[1]!.eventTime - runs[i - 1]!.events[0]!.eventTime;
    expect(apart).toBeGreaterThanOrEqual(1_000);
  }
});

scenario('55: and what it changes', async (scene) => {
  const handle = await scene.start('changesHands', [], {
    memo: { place: 'first', more: 1 },
    searchAttributes: { place: ['first'] },
    workflowRunTimeout: '1 hour',
  });
  expect(await handle.result()).toMatchObject({
    memo: { place: 'second' },
    searchAttributes: { place: ['second'] },
    runTimeoutMs: 2 * HOUR,
    taskTimeoutMs: 3_000,
    maximumAttempts: 7,
  });
});

scenario('55: who does not follow is told of the next run', async ({ client, start }) => {
  const handle = await start('handsOver', [1]);
  const { workflowId, firstExecutionRunId } = handle;
  const first = client.workflow.getHandle(workflowId, firstExecutionRunId, { followRuns: false });
  const error = (await rejectionOf(first.result())) as WorkflowContinuedAsNewError;
  expect(error).toBeInstanceOf(WorkflowContinuedAsNewError);
  const { newExecutionRunId } = only(await historyOf(first), 'WorkflowExecutionContinuedAsNew');
  expect(error.newExecutionRunId).toBe(newExecutionRunId);
  expect(await handle.result()).toMatchObject({ firstExecutionRunId });
});

scenario('55: what came while it was about to continue is not lost', async ({ start }) => {
  const gate = { entered: () => {}, left: Promise.resolve() };
  const entered = new Promise<void>((resolve) => (gate.entered = resolve));
  let leave: () => void = () => {};
  gate.left = new Promise<void>((resolve) => (leave = resolve));
  gates.push(gate);
  const handle = await start('continuesUnlessTold');
  await entered;
  await handle.signal('told', 'stay');
  leave();
  expect(await handle.result()).toBe('stay');
  expect(await shape(handle)).toBe('S Tf Sig T M OK');
  const { cause } = only(await historyOf(handle), 'WorkflowTaskFailed');
  expect(cause).toBe('UNHANDLED_COMMAND');
});

scenario('55: a signal reaches the run that is current', async ({ client, start }) => {
  const handle = await start('listensInSecondRun');
  const current = client.workflow.getHandle(handle.workflowId);
  await eventually(async () => {
    expect((await current.describe()).runId).not.toBe(handle.firstExecutionRunId);
  });
  await current.signal('told', 'hello');
  expect(await handle.result()).toBe('hello');
  // The signal ends the wait for the first task, or comes after it.
  expect(await shape(current)).toMatch(/^S (Ts Sig Tst Tc|T Sig T|Sig T) OK$/);
});
