/**
 * Random commands that make sense more often than not: fast-check draws *intents*, and each is
 * turned into a command against the state of the moment, mostly aimed at what is really pending,
 * sometimes deliberately stale, duplicate or nonsense.
 */
import fc from 'fast-check';
import type { Command, Failure } from '@perdure/protocol';
import {
  type ActivityPhase,
  type ActivityState,
  type ChildOutcome,
  type EngineCommand,
  type ExecutionState,
  activityPhaseOf,
} from '../src/index.ts';
import {
  acceptUpdate,
  applicationFailure,
  attempts,
  blobOf,
  cancelExternal,
  completeUpdate,
  continueAsNew,
  marker,
  rejectUpdate,
  schedule,
  signalExternal,
  startChild,
  upsertMemo,
  upsertSearchAttributes,
} from './run-driver.ts';

const kinds = [
  'startWorkflowTask',
  'completeWorkflowTask',
  'startActivity',
  'completeActivity',
  'completeStep',
  'wakeUp',
  'signalWorkflow',
  'failActivity',
  'failWorkflowTask',
  'heartbeatActivity',
  'cancelActivity',
  'loseActivity',
  'confirmWorkflowTask',
  'loseWorkflowTask',
  'requestCancelWorkflow',
  'startWorkflow',
  'terminateWorkflow',
  'updateWorkflow',
  'recordChildStarted',
  'beginChild',
  'recordChildStartFailed',
  'recordChildClosed',
  'recordExternalOutcome',
  'acknowledgeTransfer',
  'detachActivity',
] as const satisfies readonly EngineCommand['kind'][];

/** How often each kind is drawn; 3 unless given. */
const weights: Partial<Record<EngineCommand['kind'], number>> = {
  startWorkflowTask: 30,
  completeWorkflowTask: 40,
  startActivity: 40,
  completeActivity: 15,
  completeStep: 25,
  wakeUp: 15,
  signalWorkflow: 8,
  failActivity: 15,
  failWorkflowTask: 6,
  heartbeatActivity: 8,
  startWorkflow: 1,
  terminateWorkflow: 1,
  updateWorkflow: 12,
  recordChildStarted: 8,
  recordChildClosed: 8,
  recordExternalOutcome: 8,
};

interface WorkflowIntent {
  readonly what:
    | 'schedule'
    | 'cancelActivity'
    | 'startTimer'
    | 'cancelTimer'
    | 'startChild'
    | 'message'
    | 'say'
    | 'update'
    | 'close'
    | 'nonsense';
  readonly n: number;
}

/** Something that is to happen next. */
export interface Intent {
  readonly kind: EngineCommand['kind'];
  readonly n: number;
  /** Aim beside what is pending. */
  readonly stale: boolean;
  readonly commands: readonly WorkflowIntent[];
}

const workflowIntent = fc.record({
  what: fc.oneof(
    { weight: 24, arbitrary: fc.constant('schedule' as const) },
    { weight: 12, arbitrary: fc.constant('startTimer' as const) },
    { weight: 9, arbitrary: fc.constant('cancelActivity' as const) },
    { weight: 9, arbitrary: fc.constant('cancelTimer' as const) },
    { weight: 9, arbitrary: fc.constant('startChild' as const) },
    { weight: 7, arbitrary: fc.constant('message' as const) },
    { weight: 4, arbitrary: fc.constant('say' as const) },
    { weight: 20, arbitrary: fc.constant('update' as const) },
    { weight: 3, arbitrary: fc.constant('close' as const) },
    { weight: 1, arbitrary: fc.constant('nonsense' as const) },
  ),
  n: fc.nat(1_000),
});

const intent: fc.Arbitrary<Intent> = fc.record({
  kind: fc.oneof(
    ...kinds.map((kind) => ({ weight: weights[kind] ?? 3, arbitrary: fc.constant(kind) })),
  ),
  n: fc.nat(1_000),
  stale: fc.oneof(
    { weight: 20, arbitrary: fc.constant(false) },
    { weight: 1, arbitrary: fc.constant(true) },
  ),
  commands: fc.array(workflowIntent, { maxLength: 4 }),
});

/** What happens in one transition, and how the clock moves before it. */
export const step = fc.record({
  /** Milliseconds; `wake` means to the armed wake-up. */
  advance: fc.oneof(
    { weight: 12, arbitrary: fc.nat(50) },
    { weight: 4, arbitrary: fc.constant('wake' as const) },
    { weight: 1, arbitrary: fc.nat(20_000) },
    { weight: 1, arbitrary: fc.integer({ min: -3_000, max: -1 }) },
  ),
  intents: fc.array(intent, { minLength: 1, maxLength: 4 }),
  /** Hand out the follow-ups within the transition. */
  eager: fc.boolean(),
});
export type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** The start of a run. */
export const startOptions = fc.record({
  workflowRunTimeoutMs: fc.constantFrom(undefined, undefined, undefined, 40_000),
  workflowExecutionTimeoutMs: fc.constantFrom(undefined, undefined, 90_000),
  startDelayMs: fc.constantFrom(undefined, undefined, undefined, 2_000),
  workflowTaskTimeoutMs: fc.constantFrom(undefined, 500),
  retryPolicy: fc.constantFrom(undefined, undefined, attempts(2, ['Listed'])),
  parent: fc.constantFrom(undefined, { workflowId: 'parent', runId: 'p', initiatedEventId: 5 }),
  priority: fc.constantFrom(undefined, undefined, { priorityKey: 2 }),
  awaitsParent: fc.constantFrom(undefined, undefined, true),
});

/** A start that waits for its next tick instead of for a delay. */
export const cronSchedule = fc.constantFrom(undefined, undefined, undefined, '* * * * *');

/** The command that an intent means now. */
export function commandFor(intended: Intent, state: ExecutionState, now: number): EngineCommand {
  const { kind, n, stale } = intended;
  const off = stale ? 1 + (n % 2) : 0;
  const session = `session-${n % 2}`;
  const identity = 'worker';
  const task = state.workflowTask;
  const activities = [...state.activities.values()];
  const activity = aim(activities, kind === 'startActivity' ? 'waiting' : 'started', n);
  const target = {
    scheduledEventId: (activity?.scheduledEventId ?? n % 20) + off,
    attempt: (activity?.attempt ?? 1) + (stale ? (n % 3) - 1 : 0),
  };
  const fenceOff = stale && n % 3 === 0 ? 1 : 0;
  const taskAttempt = (task?.attempt ?? 1) + (fenceOff > 0 ? 0 : off);
  const fence = (task?.fence ?? 0) + fenceOff;
  switch (kind) {
    case 'startWorkflow':
      return {
        kind,
        workflowId: stale ? '' : 'workflow',
        runId: 'run',
        workflowType: 'type',
        taskQueue: 'queue',
        requestId: 'request',
      };
    case 'startWorkflowTask': {
      const scheduledEventId = task?.scheduledEventId ?? n % 20;
      return { kind, scheduledEventId, attempt: taskAttempt, fence: n, session, identity };
    }
    case 'completeWorkflowTask': {
      const startedEventId = task?.startedEventId ?? n % 20;
      const commands = workflowCommands(intended.commands, state);
      const forceCreateNewTask = n % 13 === 0;
      const started = { startedEventId, attempt: taskAttempt, fence };
      return { kind, ...started, session, identity, commands, forceCreateNewTask };
    }
    case 'failWorkflowTask': {
      const startedEventId = task?.startedEventId ?? n % 20;
      const cause = 'WORKFLOW_WORKER_UNHANDLED_FAILURE';
      return { kind, startedEventId, attempt: taskAttempt, fence, identity, cause };
    }
    case 'confirmWorkflowTask':
    case 'loseWorkflowTask':
      return { kind, startedEventId: task?.startedEventId ?? n % 20, attempt: taskAttempt, fence };
    case 'startActivity':
      return { kind, ...target, session, identity };
    case 'completeActivity':
      return { kind, ...target, identity, result: blobOf(`${n}`) };
    case 'failActivity':
      return { kind, ...target, identity, failure: failureFor(n) };
    case 'cancelActivity':
      return { kind, ...target, identity };
    case 'heartbeatActivity':
      return { kind, ...target, details: n % 2 ? blobOf(`${n}`) : undefined };
    case 'loseActivity':
    case 'detachActivity':
      return { kind, ...target };
    case 'completeStep': {
      const running = activities.filter((each) => activityPhaseOf(each) === 'started');
      const results = running.slice(0, 1 + (n % 2)).map(({ scheduledEventId, attempt }) => ({
        scheduledEventId: scheduledEventId + off,
        attempt,
        result: blobOf('step'),
      }));
      return {
        kind,
        session: running[0]?.session ?? session,
        identity,
        results,
        assumedNextEventId: state.nextEventId + (n % 17 === 0 ? 1 : 0),
        workflowTimeMs: Math.max(now, state.lastEventTime) + Math.max((n % 14) - 4, 0) * 600,
        commands: workflowCommands(intended.commands, state),
      };
    }
    case 'signalWorkflow':
      return { kind, signalName: stale ? '' : `signal-${n % 3}`, input: blobOf(`${n}`) };
    case 'requestCancelWorkflow':
    case 'terminateWorkflow':
    case 'beginChild':
    case 'wakeUp':
      return { kind };
    case 'updateWorkflow': {
      const updateId = stale ? '' : `update-${n % 40}`;
      return { kind, request: { updateId, updateName: 'update', input: blobOf(`${n}`) } };
    }
    case 'recordChildStarted':
    case 'recordChildStartFailed':
    case 'recordChildClosed':
      return childReport(kind, n, pick([...state.children.keys()], n) + off);
    case 'recordExternalOutcome': {
      const initiatedEventId = pick([...state.externals.keys()], n) + off;
      const failedCause = n % 2 ? undefined : 'EXTERNAL_WORKFLOW_EXECUTION_NOT_FOUND';
      return { kind, initiatedEventId, failedCause };
    }
    case 'acknowledgeTransfer':
      return { kind, transfer: n % 2 ? 'notifyParent' : 'closeChildren' };
  }
}

function pick(ids: readonly number[], n: number): number {
  return ids[n % Math.max(ids.length, 1)] ?? n % 20;
}

function childReport(
  kind: 'recordChildStarted' | 'recordChildStartFailed' | 'recordChildClosed',
  n: number,
  initiatedEventId: number,
): EngineCommand {
  const childRunId = n % 11 === 0 ? 'another run' : 'child run';
  if (kind === 'recordChildStarted') return { kind, initiatedEventId, childRunId };
  if (kind === 'recordChildStartFailed') {
    return { kind, initiatedEventId, cause: 'WORKFLOW_ALREADY_EXISTS' };
  }
  const outcomes: readonly ChildOutcome[] = [
    { status: 'COMPLETED', result: blobOf(`${n}`) },
    { status: 'FAILED', failure: failureFor(n), retryState: 'MAXIMUM_ATTEMPTS_REACHED' },
    { status: 'CANCELLED' },
    { status: 'TIMED_OUT', retryState: 'RETRY_POLICY_NOT_SET' },
    { status: 'TERMINATED' },
  ];
  return { kind, initiatedEventId, childRunId, outcome: outcomes[n % outcomes.length]! };
}

/** One in the phase that the command is for, or failing that any. */
function aim(
  activities: readonly ActivityState[],
  phase: ActivityPhase,
  n: number,
): ActivityState | undefined {
  const fitting = activities.filter((each) => activityPhaseOf(each) === phase);
  const choices = fitting.length > 0 ? fitting : activities;
  return choices[n % Math.max(choices.length, 1)];
}

function failureFor(n: number): Failure {
  const choices: readonly Failure[] = [
    applicationFailure('plain'),
    applicationFailure('fatal', { nonRetryable: true }),
    applicationFailure('listed', { type: 'Listed' }),
    applicationFailure('soon', { nextRetryDelayMs: 0 }),
    { message: 'odd', info: { kind: 'canceled' }, cause: applicationFailure('deep') },
    { info: { kind: 'timeout', timeoutType: 'SCHEDULE_TO_CLOSE' } },
    { info: { kind: 'server' } },
  ];
  return choices[n % choices.length]!;
}

function workflowCommands(intents: readonly WorkflowIntent[], state: ExecutionState): Command[] {
  return intents.map((each, i) => workflowCommand(each, state, i));
}

function workflowCommand({ what, n }: WorkflowIntent, state: ExecutionState, i: number): Command {
  const activities = [...state.activities.values()];
  const timers = [...state.timers.values()];
  if (what === 'cancelActivity' && activities.length === 0) what = 'schedule';
  if (what === 'cancelTimer' && timers.length === 0) what = 'startTimer';
  switch (what) {
    case 'schedule':
      return scheduleFor(n, `${state.nextEventId}.${i}`);
    case 'cancelActivity': {
      const activityId = activities[n % Math.max(activities.length, 1)]?.activityId ?? 'none';
      return { commandType: 'RequestCancelActivityTask', activityId };
    }
    case 'startTimer': {
      const timerId = `${state.nextEventId}.${i}`;
      return { commandType: 'StartTimer', timerId, startToFireTimeoutMs: (n % 10) * 200 };
    }
    case 'cancelTimer': {
      const timerId = timers[n % Math.max(timers.length, 1)]?.timerId ?? 'none';
      return { commandType: 'CancelTimer', timerId };
    }
    case 'startChild':
      return startChild(`child-${state.nextEventId}.${i}`, {
        parentClosePolicy: (['TERMINATE', 'ABANDON', 'REQUEST_CANCEL'] as const)[n % 3],
      });
    case 'message':
      return messageFor(n, [...state.children.values()][0]?.workflowId ?? 'other');
    case 'say':
      return [marker('name'), upsertMemo, upsertSearchAttributes({ a: { value: n } })][n % 3]!;
    case 'update':
      return updateFor(n, state);
    case 'close':
      if (n % 5 === 0) return continueAsNew({ input: blobOf('next') });
      if (state.cancelRequested && n % 2) return { commandType: 'CancelWorkflowExecution' };
      if (n % 3) return { commandType: 'CompleteWorkflowExecution', result: blobOf('done') };
      return { commandType: 'FailWorkflowExecution', failure: applicationFailure('end') };
    case 'nonsense':
      return nonsense(n);
  }
}

function messageFor(n: number, child: string): Command {
  const target = n % 3 === 0 ? child : 'other';
  return n % 2 ? signalExternal(target, 'hello', n % 3 === 0) : cancelExternal(target, n % 3 === 0);
}

/** Answers an update that the task has brought, or ends one that is accepted. */
function updateFor(n: number, state: ExecutionState): Command {
  const task = state.workflowTask?.startedEventId ?? 0;
  const pending = [...state.updates.values()];
  const update = pending.find((each) => (n % 2 ? each.acceptedEventId : each.deliveredIn === task));
  if (!update) return marker('nothing to answer');
  if (update.acceptedEventId > 0) return completeUpdate(update.updateId);
  return n % 5 < 2 ? rejectUpdate(update.updateId) : acceptUpdate(update.updateId);
}

function scheduleFor(n: number, activityId: string): Command {
  return schedule(activityId, {
    startToCloseTimeoutMs: n % 4 === 0 ? undefined : 3_000,
    scheduleToCloseTimeoutMs: n % 3 === 0 ? undefined : 8_000,
    scheduleToStartTimeoutMs: n % 5 === 0 ? 1_000 : undefined,
    heartbeatTimeoutMs: n % 2 === 0 ? 700 : undefined,
    retryPolicy: n % 3 === 0 ? undefined : attempts(n % 4, ['Listed', 'TemporalTimeout:Heartbeat']),
    taskQueue: n % 7 === 0 ? 'other queue' : undefined,
  });
}

function nonsense(n: number): Command {
  const choices: readonly Command[] = [
    schedule(''),
    schedule('same', { retryPolicy: { ...attempts(1), backoffCoefficient: 0.1 } }),
    { commandType: 'StartTimer', timerId: '', startToFireTimeoutMs: 1 },
    { commandType: 'CancelTimer', timerId: 'unknown' },
    { commandType: 'RequestCancelActivityTask', activityId: 'unknown' },
    { commandType: 'CancelWorkflowExecution' },
    startChild(''),
    completeUpdate('unknown'),
    acceptUpdate('unknown'),
  ];
  return choices[n % choices.length]!;
}
