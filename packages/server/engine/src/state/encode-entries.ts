/** The byte form of what a state holds many of: see `encode`, whose rules apply here too. */
import { type CompiledRetryPolicy, defaultActivityRetryPolicy } from '@perdure/common';
import {
  type EventType,
  type Field,
  eventDefinitions,
  failure,
  retryPolicy,
} from '@perdure/protocol';
import type {
  ActivityState,
  BufferedEvent,
  TimerState,
  WorkflowTaskState,
} from './execution-state.ts';

/** What entries are encoded relative to. */
export interface Base {
  readonly startTime: number;
  readonly taskQueue: string;
  readonly stickySession: string | undefined;
}

/** A list as it was unpacked. */
export type Wire = readonly unknown[];

/** The stored form of the pending workflow task. */
export function encodeWorkflowTask(task: WorkflowTaskState, base: Base): unknown[] {
  const relative = relativeTo(base);
  return trim([
    task.scheduledEventId,
    task.attempt,
    relative(task.scheduledAt),
    task.startedEventId,
    relative(task.startedAt),
    encodeSession(task.session, base),
    relative(task.notBefore),
    task.fence,
    task.speculative ? 1 : 0,
  ]);
}

/** Reads {@link encodeWorkflowTask}. */
export function decodeWorkflowTask(wire: Wire, base: Base): WorkflowTaskState {
  return {
    scheduledEventId: wire[0] as number,
    attempt: wire[1] as number,
    scheduledAt: absolute(wire[2], base),
    startedEventId: numberOf(wire[3]),
    startedAt: absolute(wire[4], base),
    session: decodeSession(wire[5], base),
    notBefore: absolute(wire[6], base),
    fence: numberOf(wire[7]),
    speculative: wire[8] === 1,
  };
}

const DISPATCHED = 1;
const OUTCOME_BUFFERED = 2;

/** The stored form of a pending activity. */
export function encodeActivity(activity: ActivityState, base: Base): unknown[] {
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

/** Reads {@link encodeActivity}. */
export function decodeActivity(wire: Wire, base: Base): ActivityState {
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
    lastFailure: wire[19] ? failure.from(wire[19]) : undefined,
    outcomeBuffered: (flags & OUTCOME_BUFFERED) !== 0,
  };
}

/** The stored form of a pending timer. */
export function encodeTimer(timer: TimerState, base: Base): unknown[] {
  return trim([
    timer.timerId,
    timer.startedEventId,
    relativeTo(base)(timer.fireAt),
    timer.firedBuffered ? 1 : 0,
  ]);
}

/** Reads {@link encodeTimer}. */
export function decodeTimer(wire: Wire, base: Base): TimerState {
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

/** The stored form of an event without an id. */
export function encodeBuffered(event: BufferedEvent, base: Base): unknown[] {
  const [number, body] = eventDefinitions[event.eventType];
  const attributes = (body as Field<unknown>).to(event.attributes);
  return [number, relativeTo(base)(event.eventTime), attributes];
}

/** Reads {@link encodeBuffered}. */
export function decodeBuffered(wire: Wire, base: Base): BufferedEvent {
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

/** Turns a time into its stored form. */
export function relativeTo(base: Base): (time: number) => number {
  return (time) => (time === 0 ? 0 : time - base.startTime + 1);
}

/** The time of a stored form. */
export function absolute(wire: unknown, base: Base): number {
  const value = numberOf(wire);
  return value === 0 ? 0 : value - 1 + base.startTime;
}

/** A number whose absence means 0. */
export function numberOf(wire: unknown): number {
  return (wire ?? 0) as number;
}

/** Cuts off trailing nils and zeros, all of which read as absent. */
export function trim(wire: unknown[]): unknown[] {
  let length = wire.length;
  while (length > 0 && (wire[length - 1] === null || wire[length - 1] === 0)) length -= 1;
  wire.length = length;
  return wire;
}
