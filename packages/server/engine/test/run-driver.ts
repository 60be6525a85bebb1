/**
 * Drives one run as a client and a worker would, one command per transition, and checks the
 * invariants after each. Ids of pending tasks are looked up, so that a scenario reads as a story.
 */
import { expect } from 'vitest';
import type { IndexedFields } from '@perdure/common';
import type {
  Command,
  EventOf,
  EventType,
  ExternalFailedCause,
  Failure,
  HistoryEvent,
} from '@perdure/protocol';
import {
  type ActivityState,
  type Decision,
  type EngineCommand,
  type ExecutionState,
  type FollowUp,
  type Outcome,
  type StartWorkflow,
  childClosedCommand,
  childStartCommand,
  isCloseEvent,
  nextRunCommand,
  openTransition,
  transfersOf,
  withHistoryBytes,
} from '../src/index.ts';
import { checkDecision, deepFreeze } from './invariants.ts';

/** Where every run begins in time. */
export const START_TIME = 1_700_000_000_000;

/** The short names of semantics §0. */
const shortNames: Readonly<Record<EventType, string>> = {
  WorkflowExecutionStarted: 'S',
  WorkflowTaskScheduled: 'Ts',
  WorkflowTaskStarted: 'Wst',
  WorkflowTaskCompleted: 'Wco',
  WorkflowTaskFailed: 'Wfa',
  WorkflowTaskTimedOut: 'Wto',
  ActivityTaskScheduled: 'As',
  ActivityTaskStarted: 'Ast',
  ActivityTaskCompleted: 'Ac',
  ActivityTaskFailed: 'Af',
  ActivityTaskTimedOut: 'Ato',
  ActivityTaskCancelRequested: 'Acr',
  ActivityTaskCanceled: 'Acn',
  TimerStarted: 'Tm+',
  TimerFired: 'Tm!',
  TimerCanceled: 'Tm-',
  WorkflowExecutionContinuedAsNew: 'CAN',
  MarkerRecorded: 'M',
  UpsertWorkflowSearchAttributes: 'SA',
  WorkflowPropertiesModified: 'WP',
  WorkflowExecutionUpdateAdmitted: 'Uad',
  WorkflowExecutionUpdateAccepted: 'Ua',
  WorkflowExecutionUpdateCompleted: 'Uc',
  StartChildWorkflowExecutionInitiated: 'CI',
  StartChildWorkflowExecutionFailed: 'CF',
  ChildWorkflowExecutionStarted: 'CS',
  ChildWorkflowExecutionCompleted: 'CC',
  ChildWorkflowExecutionFailed: 'CX',
  ChildWorkflowExecutionCanceled: 'Ccn',
  ChildWorkflowExecutionTimedOut: 'Cto',
  ChildWorkflowExecutionTerminated: 'Cte',
  SignalExternalWorkflowExecutionInitiated: 'XsI',
  ExternalWorkflowExecutionSignaled: 'Xs',
  SignalExternalWorkflowExecutionFailed: 'XsF',
  RequestCancelExternalWorkflowExecutionInitiated: 'XcI',
  ExternalWorkflowExecutionCancelRequested: 'Xc',
  RequestCancelExternalWorkflowExecutionFailed: 'XcF',
  WorkflowExecutionSignaled: 'Sig',
  WorkflowExecutionCancelRequested: 'CR',
  WorkflowExecutionCompleted: 'OK',
  WorkflowExecutionFailed: 'FAIL',
  WorkflowExecutionCanceled: 'CANCELED',
  WorkflowExecutionTimedOut: 'TO',
  WorkflowExecutionTerminated: 'TERM',
};

/** A payload blob that reads as its text. */
export const blobOf = (text: string): Uint8Array => new TextEncoder().encode(text);

/** A failure as the SDK reports what user code threw. */
export function applicationFailure(
  message: string,
  options: { type?: string; nonRetryable?: boolean; nextRetryDelayMs?: number } = {},
): Failure {
  return { message, info: { kind: 'application', type: 'Error', ...options } };
}

/** A ScheduleActivityTask command; start-to-close 60 s unless overridden. */
export function schedule(
  activityId: string,
  options: Partial<Extract<Command, { commandType: 'ScheduleActivityTask' }>> = {},
): Command {
  return {
    commandType: 'ScheduleActivityTask',
    activityId,
    activityType: `type-${activityId}`,
    startToCloseTimeoutMs: 60_000,
    ...options,
  };
}

/** The retry policy that allows `maximumAttempts`, 0 meaning any number. */
export function attempts(
  maximumAttempts: number,
  nonRetryableErrorTypes: readonly string[] = [],
): NonNullable<Extract<Command, { commandType: 'ScheduleActivityTask' }>['retryPolicy']> {
  return {
    initialIntervalMs: 1_000,
    backoffCoefficient: 2,
    maximumIntervalMs: 100_000,
    maximumAttempts,
    nonRetryableErrorTypes,
  };
}

export const startTimer = (timerId: string, startToFireTimeoutMs: number): Command => ({
  commandType: 'StartTimer',
  timerId,
  startToFireTimeoutMs,
});
export const cancelTimer = (timerId: string): Command => ({ commandType: 'CancelTimer', timerId });
export const requestCancel = (activityId: string): Command => ({
  commandType: 'RequestCancelActivityTask',
  activityId,
});
export const succeed: Command = {
  commandType: 'CompleteWorkflowExecution',
  result: blobOf('result'),
};
export const confirmCancel: Command = { commandType: 'CancelWorkflowExecution' };
export const fail = (failure: Failure = applicationFailure('failed')): Command => ({
  commandType: 'FailWorkflowExecution',
  failure,
});

type StartChild = Extract<Command, { commandType: 'StartChildWorkflowExecution' }>;

/** A StartChildWorkflowExecution command. */
export function startChild(workflowId: string, options: Partial<StartChild> = {}): Command {
  return {
    commandType: 'StartChildWorkflowExecution',
    workflowId,
    workflowType: 'Child',
    ...options,
  };
}

export const signalExternal = (
  workflowId: string,
  signalName = 'signal',
  childWorkflowOnly = false,
): Command => ({
  commandType: 'SignalExternalWorkflowExecution',
  workflowId,
  signalName,
  childWorkflowOnly,
});
export const cancelExternal = (workflowId: string, childWorkflowOnly = false): Command => ({
  commandType: 'RequestCancelExternalWorkflowExecution',
  workflowId,
  childWorkflowOnly,
});
export const marker = (markerName: string): Command => ({
  commandType: 'RecordMarker',
  markerName,
  details: { data: blobOf('data') },
});
export const upsertSearchAttributes = (searchAttributes: IndexedFields): Command => ({
  commandType: 'UpsertWorkflowSearchAttributes',
  searchAttributes,
});
export const upsertMemo: Command = {
  commandType: 'ModifyWorkflowProperties',
  upsertedMemo: blobOf('change'),
  memo: blobOf('all'),
};
export const continueAsNew = (
  options: Partial<Extract<Command, { commandType: 'ContinueAsNewWorkflowExecution' }>> = {},
): Command => ({ commandType: 'ContinueAsNewWorkflowExecution', ...options });
export const acceptUpdate = (updateId: string): Command => ({
  commandType: 'AcceptUpdate',
  updateId,
});
export const rejectUpdate = (updateId: string): Command => ({
  commandType: 'RejectUpdate',
  updateId,
  failure: applicationFailure('refused'),
});
export const completeUpdate = (updateId: string): Command => ({
  commandType: 'CompleteUpdate',
  updateId,
  result: blobOf(`${updateId}'s result`),
});

function expectAccepted(outcome: Outcome | undefined): void {
  expect(outcome).toEqual({ kind: 'accepted' });
}

/** See the module comment. */
export class Run {
  readonly history: HistoryEvent[] = [];
  readonly identity = 'worker@test';
  /** Follow-ups of the last transition. */
  followUps: FollowUp[] = [];
  /** The last transition. */
  decision!: Decision;
  now = START_TIME;
  #state: ExecutionState | undefined;
  #runs = 0;

  /** A run that has begun and whose first workflow task waits. */
  static start(options: Partial<StartWorkflow> = {}, now = START_TIME): Run {
    const run = new Run();
    run.now = now;
    run.ok({
      kind: 'startWorkflow',
      workflowId: 'workflow',
      runId: 'run',
      workflowType: 'FooBar',
      taskQueue: 'queue',
      requestId: 'request',
      ...options,
    });
    return run;
  }

  get state(): ExecutionState {
    return this.#state!;
  }

  /** The history in the short names of semantics §0, task triples folded. */
  get story(): string {
    return this.history
      .map((event) => shortNames[event.eventType])
      .join(' ')
      .replaceAll('Ts Wst Wco', 'T')
      .replaceAll('Ts Wst Wfa', 'Tf')
      .replaceAll('Ts Wst Wto', 'Tt');
  }

  /** The last event of a type. */
  last<T extends EventType>(eventType: T): EventOf<T>['attributes'] {
    const found = this.history.findLast((event) => event.eventType === eventType);
    if (!found) throw new Error(`no ${eventType} in ${this.story}`);
    return found.attributes as EventOf<T>['attributes'];
  }

  /** Applies commands in one transition and commits it. */
  apply(...commands: EngineCommand[]): Outcome[] {
    const before = this.#state && deepFreeze(this.#state);
    const newRunId = (): string => `${this.#state?.runId}+${(this.#runs += 1)}`;
    const transition = openTransition(before, { now: this.now, newRunId });
    const outcomes = commands.map((command) => transition.apply(command));
    this.followUps = transition.takeFollowUps();
    const decision = transition.close();
    this.decision = decision;
    this.history.push(...decision.events);
    this.#state = decision.state;
    checkDecision(before, decision, this.history, this.now);
    return outcomes;
  }

  /** Applies one command that must be accepted. */
  ok(command: EngineCommand): this {
    expectAccepted(this.apply(command)[0]);
    return this;
  }

  /** Lets time pass, waking the run at each time it asked to be woken. */
  sleep(ms: number): this {
    const until = this.now + ms;
    for (let wakes = 0; this.state.wakeAt > 0 && this.state.wakeAt <= until; wakes++) {
      if (wakes > 1_000) throw new Error(`wakes for nothing, again and again: ${this.story}`);
      this.now = Math.max(this.now, this.state.wakeAt);
      this.ok({ kind: 'wakeUp' });
    }
    this.now = until;
    return this;
  }

  /** The store tells how large the history is. */
  resize(historyBytes: number): this {
    this.#state = withHistoryBytes(this.state, historyBytes);
    return this;
  }

  /** A worker takes the workflow task. */
  takeTask(session = 'session'): this {
    const { scheduledEventId, attempt } = this.state.workflowTask!;
    const { identity } = this;
    return this.ok({
      kind: 'startWorkflowTask',
      scheduledEventId,
      attempt,
      fence: 7,
      session,
      identity,
    });
  }

  /** The worker that has the workflow task completes it. */
  finishTask(...commands: Command[]): Outcome {
    const { startedEventId, attempt, fence, session } = this.state.workflowTask!;
    const [outcome] = this.apply({
      kind: 'completeWorkflowTask',
      startedEventId,
      attempt,
      fence,
      session: session!,
      identity: this.identity,
      commands,
    });
    return outcome!;
  }

  /** A whole workflow task, taken and completed. */
  task(...commands: Command[]): this {
    expectAccepted(this.takeTask().finishTask(...commands));
    return this;
  }

  /** The worker that has the workflow task fails it. */
  failTask(message = 'broken'): this {
    const { startedEventId, attempt, fence } = this.state.workflowTask!;
    return this.ok({
      kind: 'failWorkflowTask',
      startedEventId,
      attempt,
      fence,
      identity: this.identity,
      cause: 'WORKFLOW_WORKER_UNHANDLED_FAILURE',
      failure: applicationFailure(message),
    });
  }

  /** The pending activity with this id. */
  activity(activityId: string): ActivityState {
    const found = [...this.state.activities.values()].find((a) => a.activityId === activityId);
    if (!found) throw new Error(`activity ${activityId} is not pending in ${this.story}`);
    return found;
  }

  /** A worker takes the waiting attempt. */
  takeActivity(activityId: string, session = 'session'): this {
    const { scheduledEventId, attempt } = this.activity(activityId);
    const { identity } = this;
    return this.ok({ kind: 'startActivity', scheduledEventId, attempt, session, identity });
  }

  /** The running attempt returns. */
  finishActivity(activityId: string, result = `${activityId}'s result`): this {
    const command = this.#outcome(activityId);
    return this.ok({ ...command, kind: 'completeActivity', result: blobOf(result) });
  }

  /** The running attempt throws. */
  failActivity(activityId: string, failure: Failure = applicationFailure('no')): this {
    return this.ok({ ...this.#outcome(activityId), kind: 'failActivity', failure });
  }

  /** The running attempt confirms its cancellation. */
  cancelActivity(activityId: string): this {
    return this.ok({ ...this.#outcome(activityId), kind: 'cancelActivity' });
  }

  /** The running attempt reports progress. */
  heartbeat(activityId: string, details: string): this {
    const { scheduledEventId, attempt } = this.activity(activityId);
    const command = { kind: 'heartbeatActivity', scheduledEventId, attempt } as const;
    return this.ok({ ...command, details: blobOf(details) });
  }

  /** A whole activity, taken and finished. */
  run(activityId: string): this {
    return this.takeActivity(activityId).finishActivity(activityId);
  }

  /** A fused step: the running activity returns, and the workflow has run on. */
  step(
    activityId: string,
    commands: readonly Command[],
    changes: { assumedNextEventId?: number; workflowTimeMs?: number; session?: string } = {},
  ): Outcome {
    const { scheduledEventId, attempt, session } = this.activity(activityId);
    const result = blobOf(`${activityId}'s result`);
    const [outcome] = this.apply({
      kind: 'completeStep',
      session: session!,
      identity: this.identity,
      results: [{ scheduledEventId, attempt, result }],
      assumedNextEventId: this.state.nextEventId,
      workflowTimeMs: this.now,
      commands,
      ...changes,
    });
    return outcome!;
  }

  signal(signalName = 'signal'): this {
    return this.ok({ kind: 'signalWorkflow', signalName, input: blobOf(signalName) });
  }

  requestCancel(): this {
    return this.ok({ kind: 'requestCancelWorkflow' });
  }

  /** A client asks for an update. */
  update(updateId: string): this {
    const request = { updateId, updateName: 'update', input: blobOf(updateId) };
    return this.ok({ kind: 'updateWorkflow', request });
  }

  /** The run that follows this one, begun at the same moment. */
  next(): Run {
    const { next } = this.decision;
    const started = this.history[0];
    if (!next || started?.eventType !== 'WorkflowExecutionStarted') {
      throw new Error(`no run follows ${this.story}`);
    }
    return Run.start(nextRunCommand(next, started), this.now);
  }

  /** Starts the child of the only transfer that asks for one, reports it, and begins it. */
  startChildRun(runId = 'child-run'): Run {
    const child = this.startUnreportedChild(runId);
    this.childStarted(child.state.runId);
    return child.ok({ kind: 'beginChild' });
  }

  /** Starts a child without reporting it, so that it does not begin. */
  startUnreportedChild(runId = 'child-run'): Run {
    return Run.start(this.#childStart(runId), this.now);
  }

  childStarted(childRunId = 'child-run'): this {
    const initiatedEventId = this.#unstartedChild();
    return this.ok({ kind: 'recordChildStarted', initiatedEventId, childRunId });
  }

  /** Tells this parent how a closed child ended. */
  childClosed(child: Run): this {
    const last = child.history.at(-1)!;
    const report = isCloseEvent(last) && childClosedCommand(child.state, last);
    if (!report) throw new Error(`nothing to report of ${child.story}`);
    return this.ok(report);
  }

  /** Reports what became of the only message to another workflow. */
  externalOutcome(failedCause?: ExternalFailedCause): this {
    const [initiatedEventId] = this.state.externals.keys();
    return this.ok({
      kind: 'recordExternalOutcome',
      initiatedEventId: initiatedEventId!,
      failedCause,
    });
  }

  /** The kinds of transfers that are owed. */
  get transfers(): string[] {
    return transfersOf(this.state).map((transfer) => transfer.kind);
  }

  #childStart(runId: string): StartWorkflow {
    const initiated = this.history[this.#unstartedChild() - 1]!;
    if (initiated.eventType !== 'StartChildWorkflowExecutionInitiated') throw new Error('no child');
    return childStartCommand(this.state, initiated, runId);
  }

  #unstartedChild(): number {
    const transfer = transfersOf(this.state).find((each) => each.kind === 'startChild');
    if (!transfer) throw new Error(`no child is to be started in ${this.story}`);
    return transfer.initiatedEventId;
  }

  #outcome(activityId: string): { scheduledEventId: number; attempt: number; identity: string } {
    const { scheduledEventId, attempt } = this.activity(activityId);
    return { scheduledEventId, attempt, identity: this.identity };
  }
}
