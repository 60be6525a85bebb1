/**
 * The byte form of a state: what the store keeps of a run and rewrites at every commit, so it is
 * positional and small.
 *
 * Times are stored relative to the start (plus 1, as 0 means "not"), which keeps them at 5 bytes or
 * fewer; what equals its usual value (the run's own task queue, the default retry policy, the
 * sticky session) is stored as nil or as a flag; absent tails are cut off.
 *
 * A new field goes to the end of its list and reads as absent from older bytes; only a change of
 * meaning raises {@link STATE_SCHEMA_VERSION}.
 */
import {
  type CompiledRetryPolicy,
  WorkflowExecutionStatus,
  defaultActivityRetryPolicy,
} from '@perdure/common';
import {
  type EventType,
  type Failure,
  type Field,
  eventDefinitions,
  failure,
  pack,
  retryPolicy,
  unpack,
} from '@perdure/protocol';
import type {
  ActivityState,
  BufferedEvent,
  ExecutionState,
  TimerState,
  WorkflowTaskState,
} from './execution-state.ts';

/** First element of the encoded list. */
export const STATE_SCHEMA_VERSION = 1;

/** Statuses by number; append only. */
const statuses: readonly WorkflowExecutionStatus[] = [
  'RUNNING',
  'COMPLETED',
  'FAILED',
  'CANCELLED',
  'TERMINATED',
  'CONTINUED_AS_NEW',
  'TIMED_OUT',
];

/** What entries are encoded relative to. */
interface Base {
  readonly startTime: number;
  readonly taskQueue: string;
  readonly stickySession: string | undefined;
}

/** Bytes of a state. */
export function encodeState(state: ExecutionState): Uint8Array {
  const relative = (time: number): number => (time === 0 ? 0 : time - state.startTime + 1);
  return pack(
    trim([
      STATE_SCHEMA_VERSION,
      state.workflowId,
      state.runId,
      state.workflowType,
      state.taskQueue,
      state.firstExecutionRunId === state.runId ? null : state.firstExecutionRunId,
      statuses.indexOf(state.status),
      state.startTime,
      relative(state.closeTime),
      state.workflowTaskTimeoutMs,
      relative(state.runDeadline),
      relative(state.firstWorkflowTaskAt),
      state.nextEventId,
      relative(state.lastEventTime),
      state.lastCompletedStartedEventId,
      state.cancelRequested ? 1 : 0,
      state.signalCount,
      relative(state.wakeAt),
      state.createRequestId,
      state.stickySession ?? null,
      state.workflowTaskFailures,
      state.workflowTask ? encodeWorkflowTask(state.workflowTask, state) : null,
      listOrNil([...state.activities.values()].map((each) => encodeActivity(each, state))),
      listOrNil([...state.timers.values()].map((each) => encodeTimer(each, relative))),
      listOrNil(state.buffered.map((each) => encodeBuffered(each, relative))),
    ]),
  );
}

/**
 * The state of bytes.
 *
 * @throws TypeError when they are of another schema version
 */
export function decodeState(bytes: Uint8Array): ExecutionState {
  const wire = unpack(bytes) as Wire;
  if (!Array.isArray(wire) || wire[0] !== STATE_SCHEMA_VERSION) {
    throw new TypeError(
      `wanted a run's state of schema version ${STATE_SCHEMA_VERSION}; got version ` +
        `${Array.isArray(wire) ? String(wire[0]) : 'none'}: upgrade this server`,
    );
  }
  const runId = wire[2] as string;
  const startTime = wire[7] as number;
  const stickySession = (wire[19] ?? undefined) as string | undefined;
  const base: Base = { startTime, taskQueue: wire[4] as string, stickySession };
  const activities = listOf(wire[22]).map((each) => decodeActivity(each, base));
  const timers = listOf(wire[23]).map((each) => decodeTimer(each, base));
  return {
    workflowId: wire[1] as string,
    runId,
    workflowType: wire[3] as string,
    taskQueue: base.taskQueue,
    firstExecutionRunId: (wire[5] ?? runId) as string,
    status: statuses[wire[6] as number]!,
    startTime,
    closeTime: absolute(wire[8], base),
    workflowTaskTimeoutMs: wire[9] as number,
    runDeadline: absolute(wire[10], base),
    firstWorkflowTaskAt: absolute(wire[11], base),
    nextEventId: wire[12] as number,
    lastEventTime: absolute(wire[13], base),
    lastCompletedStartedEventId: wire[14] as number,
    cancelRequested: wire[15] === 1,
    signalCount: wire[16] as number,
    wakeAt: absolute(wire[17], base),
    createRequestId: wire[18] as string,
    stickySession,
    workflowTaskFailures: numberOf(wire[20]),
    workflowTask: wire[21] ? decodeWorkflowTask(wire[21] as Wire, base) : undefined,
    activities: new Map(activities.map((each) => [each.scheduledEventId, each])),
    timers: new Map(timers.map((each) => [each.timerId, each])),
    buffered: listOf(wire[24]).map((each) => decodeBuffered(each, base)),
  };
}

type Wire = readonly unknown[];
type Relative = (time: number) => number;

function encodeWorkflowTask(task: WorkflowTaskState, base: Base): unknown[] {
  const relative = relativeTo(base);
  return trim([
    task.scheduledEventId,
    task.attempt,
    relative(task.scheduledAt),
    task.startedEventId,
    relative(task.startedAt),
    encodeSession(task.session, base),
    relative(task.notBefore),
  ]);
}

function decodeWorkflowTask(wire: Wire, base: Base): WorkflowTaskState {
  return {
    scheduledEventId: wire[0] as number,
    attempt: wire[1] as number,
    scheduledAt: absolute(wire[2], base),
    startedEventId: numberOf(wire[3]),
    startedAt: absolute(wire[4], base),
    session: decodeSession(wire[5], base),
    notBefore: absolute(wire[6], base),
  };
}

const DISPATCHED = 1;
const OUTCOME_BUFFERED = 2;

function encodeActivity(activity: ActivityState, base: Base): unknown[] {
  const relative = relativeTo(base);
  const flags =
    (activity.dispatched ? DISPATCHED : 0) | (activity.outcomeBuffered ? OUTCOME_BUFFERED : 0);
  return trim([
    activity.scheduledEventId,
    activity.activityId,
    activity.activityType,
    activity.taskQueue === base.taskQueue ? null : activity.taskQueue,
    relative(activity.scheduledAt),
    activity.scheduleToCloseTimeoutMs,
    activity.scheduleToStartTimeoutMs,
    activity.startToCloseTimeoutMs,
    activity.heartbeatTimeoutMs,
    encodePolicy(activity.retryPolicy),
    activity.cancelRequestedEventId,
    activity.attempt,
    activity.attemptScheduledAt - activity.scheduledAt,
    flags,
    relative(activity.startedAt),
    encodeSession(activity.session, base),
    activity.identity ?? null,
    relative(activity.lastHeartbeatAt),
    activity.heartbeatDetails ?? null,
    activity.lastFailure ? failure.to(activity.lastFailure) : null,
  ]);
}

function decodeActivity(wire: Wire, base: Base): ActivityState {
  const scheduledAt = absolute(wire[4], base);
  const flags = numberOf(wire[13]);
  return {
    scheduledEventId: wire[0] as number,
    activityId: wire[1] as string,
    activityType: wire[2] as string,
    taskQueue: (wire[3] ?? base.taskQueue) as string,
    scheduledAt,
    scheduleToCloseTimeoutMs: wire[5] as number,
    scheduleToStartTimeoutMs: wire[6] as number,
    startToCloseTimeoutMs: wire[7] as number,
    heartbeatTimeoutMs: wire[8] as number,
    retryPolicy: decodePolicy(wire[9]),
    cancelRequestedEventId: numberOf(wire[10]),
    attempt: wire[11] as number,
    attemptScheduledAt: scheduledAt + numberOf(wire[12]),
    dispatched: (flags & DISPATCHED) !== 0,
    startedAt: absolute(wire[14], base),
    session: decodeSession(wire[15], base),
    identity: (wire[16] ?? undefined) as string | undefined,
    lastHeartbeatAt: absolute(wire[17], base),
    heartbeatDetails: (wire[18] ?? undefined) as Uint8Array | undefined,
    lastFailure: wire[19] ? (failure.from(wire[19]) as Failure) : undefined,
    outcomeBuffered: (flags & OUTCOME_BUFFERED) !== 0,
  };
}

function encodeTimer(timer: TimerState, relative: Relative): unknown[] {
  return trim([
    timer.timerId,
    timer.startedEventId,
    relative(timer.fireAt),
    timer.firedBuffered ? 1 : 0,
  ]);
}

function decodeTimer(wire: Wire, base: Base): TimerState {
  return {
    timerId: wire[0] as string,
    startedEventId: wire[1] as number,
    fireAt: absolute(wire[2], base),
    firedBuffered: wire[3] === 1,
  };
}

const typesByNumber = new Map<number, EventType>();
for (const [type, [number]] of Object.entries(eventDefinitions)) {
  typesByNumber.set(number, type as EventType);
}

function encodeBuffered(event: BufferedEvent, relative: Relative): unknown[] {
  const [number, body] = eventDefinitions[event.eventType];
  const attributes = (body as Field<unknown>).to(event.attributes);
  return [number, relative(event.eventTime), attributes];
}

function decodeBuffered(wire: Wire, base: Base): BufferedEvent {
  const eventType = typesByNumber.get(wire[0] as number)!;
  const body = eventDefinitions[eventType][1] as Field<unknown>;
  const attributes = body.from(wire[2]);
  return { eventType, eventTime: absolute(wire[1], base), attributes } as BufferedEvent;
}

function encodePolicy(policy: CompiledRetryPolicy): unknown {
  return isDefaultPolicy(policy) ? null : retryPolicy.to(policy);
}

function decodePolicy(wire: unknown): CompiledRetryPolicy {
  return wire === null || wire === undefined ? defaultActivityRetryPolicy : retryPolicy.from(wire);
}

function isDefaultPolicy(policy: CompiledRetryPolicy): boolean {
  const usual = defaultActivityRetryPolicy;
  return (
    policy.initialIntervalMs === usual.initialIntervalMs &&
    policy.backoffCoefficient === usual.backoffCoefficient &&
    policy.maximumIntervalMs === usual.maximumIntervalMs &&
    policy.maximumAttempts === usual.maximumAttempts &&
    policy.nonRetryableErrorTypes.length === 0
  );
}

/** Most work runs on the session that has the run cached: `true` stands for that one. */
function encodeSession(session: string | undefined, base: Base): unknown {
  return session === undefined ? null : session === base.stickySession ? true : session;
}

function decodeSession(wire: unknown, base: Base): string | undefined {
  return wire === true ? base.stickySession : ((wire ?? undefined) as string | undefined);
}

function relativeTo(base: Base): Relative {
  return (time) => (time === 0 ? 0 : time - base.startTime + 1);
}

function absolute(wire: unknown, base: Base): number {
  const value = numberOf(wire);
  return value === 0 ? 0 : value - 1 + base.startTime;
}

function numberOf(wire: unknown): number {
  return (wire ?? 0) as number;
}

function listOf(wire: unknown): readonly Wire[] {
  return (wire ?? []) as readonly Wire[];
}

function listOrNil(values: unknown[]): unknown[] | null {
  return values.length === 0 ? null : values;
}

/** Cuts off trailing nils and zeros, all of which read as absent. */
function trim(wire: unknown[]): unknown[] {
  let length = wire.length;
  while (length > 0 && (wire[length - 1] === null || wire[length - 1] === 0)) length -= 1;
  wire.length = length;
  return wire;
}
