/**
 * An activity, from ActivityTaskScheduled to its outcome. Between the two there are no events:
 * ActivityTaskStarted is written together with the outcome, with the last attempt and the failure
 * before it (semantics, rule 6).
 *
 * ```
 * waiting ──start──► started ──succeed, give up──► settled (or gone, when no task is started)
 *    ▲                  │ retry
 *    └─────dispatch── backingOff
 * ```
 *
 * *Settled* means that the outcome waits among the buffered events.
 */
import type { RetryState } from '@perdure/common';
import type { Failure, PayloadBlob } from '@perdure/protocol';
import type { Draft } from '../draft.ts';
import { decideRetry } from '../policy/retry.ts';
import { type ActivityDeadline, timeoutFailure } from '../policy/timeouts.ts';
import type { ActivityState, ExecutionState } from '../state/execution-state.ts';
import { isBuffering, recordExternal } from './buffer.ts';

/** See the module comment. */
export type ActivityPhase = 'waiting' | 'started' | 'backingOff' | 'settled';

/** From which phases each move is possible. */
const moves = {
  dispatch: ['backingOff'],
  start: ['waiting'],
  finish: ['started'],
  heartbeat: ['started'],
  detach: ['started'],
  lose: ['started'],
} as const satisfies Record<string, readonly ActivityPhase[]>;

/** The phase an activity is in. */
export function phaseOf(activity: ActivityState): ActivityPhase {
  if (activity.outcomeBuffered) return 'settled';
  if (activity.startedAt > 0) return 'started';
  return activity.dispatched ? 'waiting' : 'backingOff';
}

/** The activity, if it is in the attempt that is meant and can make the move. */
export function activityFor(
  state: ExecutionState,
  move: keyof typeof moves,
  scheduledEventId: number,
  attempt: number,
): ActivityState | undefined {
  const activity = state.activities.get(scheduledEventId);
  if (!activity || activity.attempt !== attempt) return undefined;
  const from: readonly ActivityPhase[] = moves[move];
  return from.includes(phaseOf(activity)) ? activity : undefined;
}

/** The pending activity with this id, for whoever knows it by that alone (semantics 14). */
export function activityById(state: ExecutionState, activityId: string): ActivityState | undefined {
  for (const activity of state.activities.values()) {
    if (activity.activityId === activityId && !activity.outcomeBuffered) return activity;
  }
  return undefined;
}

/** Hands a waiting attempt to a session. */
export function startActivity(
  draft: Draft,
  activity: ActivityState,
  session: string,
  identity: string,
): void {
  const startedAt = Math.max(draft.now, activity.attemptScheduledAt);
  draft.setActivity(activity, { startedAt, session, identity });
}

/** The back-off has ended: the attempt waits for a worker. */
export function dispatchActivity(draft: Draft, activity: ActivityState): void {
  draft.setActivity(activity, { dispatched: true, attemptScheduledAt: draft.now });
  draft.offer({ kind: 'activity', scheduledEventId: activity.scheduledEventId });
}

/** The attempt returned a result. */
export function completeActivity(
  draft: Draft,
  activity: ActivityState,
  outcome: { readonly result?: PayloadBlob; readonly identity: string },
  at = draft.now,
): void {
  const { scheduledEventId } = activity;
  const { result, identity } = outcome;
  const startedEventId = recordStarted(draft, activity, at);
  settle(draft, activity);
  const attributes = { scheduledEventId, startedEventId, result, identity };
  recordExternal(draft, 'ActivityTaskCompleted', attributes, at);
}

/** The attempt failed: another follows, or the activity fails. */
export function failActivity(
  draft: Draft,
  activity: ActivityState,
  failure: Failure,
  identity: string,
): void {
  const decision = decideRetry(activity, failure, draft.now);
  if (decision.kind === 'retry') return retryActivity(draft, activity, failure, decision.delayMs);
  const { scheduledEventId } = activity;
  const { retryState } = decision;
  const startedEventId = recordStarted(draft, activity);
  settle(draft, activity);
  const attributes = { scheduledEventId, startedEventId, failure, retryState, identity };
  recordExternal(draft, 'ActivityTaskFailed', attributes);
}

/** The attempt confirmed a requested cancellation, or needs not to because it never started. */
export function cancelActivity(
  draft: Draft,
  activity: ActivityState,
  outcome: { readonly details?: PayloadBlob; readonly identity?: string },
): void {
  const { scheduledEventId, cancelRequestedEventId } = activity;
  const startedEventId = activity.startedAt > 0 ? recordStarted(draft, activity) : 0;
  settle(draft, activity);
  recordExternal(draft, 'ActivityTaskCanceled', {
    scheduledEventId,
    startedEventId,
    latestCancelRequestedEventId: cancelRequestedEventId,
    details: outcome.details,
    identity: outcome.identity,
  });
}

/** One of the four deadlines has passed (semantics 8–11). */
export function timeOutActivity(
  draft: Draft,
  activity: ActivityState,
  type: Exclude<ActivityDeadline['kind'], 'BACK_OFF'>,
): void {
  const failure = timeoutFailure(type, activity.heartbeatDetails);
  if (type === 'SCHEDULE_TO_START' || type === 'SCHEDULE_TO_CLOSE') {
    return giveUp(draft, activity, { ...failure, cause: activity.lastFailure }, 'TIMEOUT');
  }
  const decision = decideRetry(activity, failure, draft.now);
  if (decision.kind === 'retry') return retryActivity(draft, activity, failure, decision.delayMs);
  if (decision.retryState !== 'TIMEOUT') {
    const last = { ...failure, cause: activity.lastFailure };
    return giveUp(draft, activity, last, decision.retryState);
  }
  const noTimeLeft = timeoutFailure(
    'SCHEDULE_TO_CLOSE',
    activity.heartbeatDetails,
    'Not enough time to schedule next retry before activity ScheduleToClose timeout, giving up retrying',
  );
  giveUp(draft, activity, { ...noTimeLeft, cause: failure }, 'TIMEOUT');
}

/** Moves the activity to its next attempt. */
export function retryActivity(
  draft: Draft,
  activity: ActivityState,
  lastFailure: Failure,
  delayMs: number,
): void {
  draft.setActivity(activity, {
    attempt: activity.attempt + 1,
    attemptScheduledAt: draft.now + delayMs,
    dispatched: delayMs === 0,
    startedAt: 0,
    session: undefined,
    identity: undefined,
    lastHeartbeatAt: 0,
    lastFailure,
  });
  if (delayMs > 0) return;
  draft.offer({ kind: 'activity', scheduledEventId: activity.scheduledEventId });
}

function giveUp(
  draft: Draft,
  activity: ActivityState,
  failure: Failure,
  retryState: RetryState,
): void {
  const { scheduledEventId } = activity;
  const startedEventId = activity.startedAt > 0 ? recordStarted(draft, activity) : 0;
  settle(draft, activity);
  const attributes = { scheduledEventId, startedEventId, failure, retryState };
  recordExternal(draft, 'ActivityTaskTimedOut', attributes);
}

function recordStarted(draft: Draft, activity: ActivityState, at = draft.now): number {
  const { scheduledEventId, attempt, identity, lastFailure } = activity;
  const attributes = { scheduledEventId, attempt, identity, lastFailure };
  return recordExternal(draft, 'ActivityTaskStarted', attributes, at);
}

function settle(draft: Draft, activity: ActivityState): void {
  if (isBuffering(draft)) draft.setActivity(activity, { outcomeBuffered: true });
}
