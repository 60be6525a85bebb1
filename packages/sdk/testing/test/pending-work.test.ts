import {
  type CompleteWorkflowTask,
  type EngineCommand,
  type ExecutionState,
  decide,
  encodeState,
} from '@perdure/engine';
import { beforeEach, describe, expect, test } from 'vitest';
import { attemptName } from '../src/time-skipping/attempt-name.ts';
import { type PendingWork, pendingWorkOf } from '../src/time-skipping/pending-work.ts';

const NOW = 1_700_000_000_000;
const runId = '0190163d-8694-739b-aea5-966c26f8ad91';
const worker = { session: 'a', identity: 'a' };

let state: ExecutionState | undefined;

beforeEach(() => {
  state = undefined;
  apply({
    kind: 'startWorkflow',
    workflowId: 'w',
    runId,
    workflowType: 'W',
    taskQueue: 'q',
    requestId: 'r',
  });
});

function apply(command: EngineCommand, now = NOW): void {
  const { outcome, decision } = decide(state, command, { now });
  if (outcome.kind !== 'accepted') throw new Error(JSON.stringify(outcome));
  state = decision?.state;
}

function startTask(): void {
  const { scheduledEventId, attempt } = state!.workflowTask!;
  apply({ kind: 'startWorkflowTask', scheduledEventId, attempt, fence: 1, ...worker });
}

/** The waiting workflow task is carried out, with these commands. */
function carryOut(...commands: CompleteWorkflowTask['commands']): void {
  startTask();
  const { startedEventId, attempt, fence } = state!.workflowTask!;
  const started = { startedEventId, attempt, fence };
  apply({ kind: 'completeWorkflowTask', ...started, ...worker, commands });
}

function work(): PendingWork | undefined {
  const stored = { namespaceId: 1, workflowId: 'w', runId, version: 1 };
  return pendingWorkOf({ ...stored, state: encodeState(state!) });
}

const nothing = {
  workflowId: 'w',
  rootWorkflowId: 'w',
  underWay: false,
  waitingWorkflowTask: undefined,
  retriedWorkflowTask: undefined,
  waitingActivities: [],
  runningActivities: [],
  dueAt: Number.POSITIVE_INFINITY,
};

describe('a workflow task', () => {
  test('waits for a worker, and then is under way', () => {
    expect(work()).toEqual({ ...nothing, waitingWorkflowTask: expect.any(String) as string });
    startTask();
    expect(work()).toEqual({ ...nothing, underWay: true });
  });

  test('that failed is due at no time, however often, and tried again under one name', () => {
    let retriedWorkflowTask: string | undefined;
    for (let failures = 0; failures < 3; failures++) {
      startTask();
      expect(work()?.retriedWorkflowTask).toBe(retriedWorkflowTask);
      const { startedEventId, attempt, fence } = state!.workflowTask!;
      const started = { startedEventId, attempt, fence };
      const cause = 'WORKFLOW_WORKER_UNHANDLED_FAILURE';
      apply({ kind: 'failWorkflowTask', ...started, identity: 'a', cause });
      retriedWorkflowTask = `${runId}.${state!.workflowTask!.scheduledEventId}`;
      if (state!.workflowTask!.notBefore === 0) continue;
      expect(work()).toEqual({ ...nothing, retriedWorkflowTask });
      apply({ kind: 'wakeUp' }, state!.workflowTask!.notBefore);
    }
    expect.hasAssertions();
  });
});

test('a timer is due when it fires', () => {
  carryOut({ commandType: 'StartTimer', timerId: '1', startToFireTimeoutMs: 86_400_000 });
  expect(work()).toEqual({ ...nothing, dueAt: NOW + 86_400_000 });
});

test('an activity waits, runs until its time-outs, backs off and is due again', () => {
  carryOut({
    commandType: 'ScheduleActivityTask',
    activityId: '1',
    activityType: 'A',
    startToCloseTimeoutMs: 3_600_000,
    retryPolicy: {
      initialIntervalMs: 5_000,
      backoffCoefficient: 2,
      maximumIntervalMs: 60_000,
      maximumAttempts: 0,
      nonRetryableErrorTypes: [],
    },
  });
  expect(work()).toEqual({ ...nothing, waitingActivities: [expect.any(String)] });
  const [scheduledEventId] = state!.activities.keys();
  const attempt = { scheduledEventId: scheduledEventId!, attempt: 1 };
  apply({ kind: 'startActivity', ...attempt, ...worker });
  const running = [attemptName(runId, '1', 1)];
  expect(work()).toEqual({ ...nothing, runningActivities: running, dueAt: NOW + 3_600_000 });
  const failure = { message: 'burnt', info: { kind: 'application', type: 'Error' } } as const;
  apply({ kind: 'failActivity', ...attempt, identity: 'a', failure });
  expect(work()).toEqual({ ...nothing, dueAt: NOW + 5_000 });
});

test('a child that is to be started is under way, one that runs is not', () => {
  carryOut({ commandType: 'StartChildWorkflowExecution', workflowId: 'c', workflowType: 'C' });
  expect(work()).toEqual({ ...nothing, underWay: true });
  const [initiatedEventId] = state!.children.keys();
  apply({
    kind: 'recordChildStarted',
    initiatedEventId: initiatedEventId!,
    childRunId: '0190163d-8694-739b-aea5-966c26f8ad92',
  });
  carryOut();
  expect(work()).toEqual(nothing);
});

test('a run that has ended is forgotten once it owes nobody anything', () => {
  carryOut({ commandType: 'StartChildWorkflowExecution', workflowId: 'c', workflowType: 'C' });
  const [initiatedEventId] = state!.children.keys();
  const childRunId = '0190163d-8694-739b-aea5-966c26f8ad92';
  apply({ kind: 'recordChildStarted', initiatedEventId: initiatedEventId!, childRunId });
  carryOut({ commandType: 'CompleteWorkflowExecution' });
  expect(work()).toEqual({ ...nothing, underWay: true });
  apply({ kind: 'acknowledgeTransfer', transfer: 'closeChildren' });
  expect(work()).toBeUndefined();
});
