/**
 * Whether and when a failed attempt is followed by another (semantics 4, 5, 8, 11–13, 47).
 */
import type { CompiledRetryPolicy, RetryState } from '@perdure/common';
import type { Failure } from '@perdure/protocol';
import type { ActivityState } from '../state/execution-state.ts';

/** What follows a failed attempt. */
export type RetryDecision =
  | { readonly kind: 'retry'; readonly delayMs: number }
  | { readonly kind: 'giveUp'; readonly retryState: RetryState };

/** What follows when this attempt ends now with this failure. */
export function decideRetry(activity: ActivityState, failure: Failure, now: number): RetryDecision {
  const { retryPolicy, attempt } = activity;
  if (activity.cancelRequestedEventId > 0) return giveUp('CANCEL_REQUESTED');
  if (!isRetryable(failure, retryPolicy)) return giveUp('NON_RETRYABLE_FAILURE');
  if (attemptsUsedUp(retryPolicy, attempt)) return giveUp('MAXIMUM_ATTEMPTS_REACHED');
  const delayMs = nextRetryDelayOf(failure) ?? backOffMs(retryPolicy, attempt);
  if (!fitsScheduleToClose(activity, now + delayMs)) return giveUp('TIMEOUT');
  return { kind: 'retry', delayMs };
}

/**
 * Whether an attempt whose worker is gone may be repeated at once. It may not when the author
 * listed attempt timeouts as not retryable, because a lost attempt is one that was noticed early.
 */
export function mayRepeatLostAttempt(activity: ActivityState, now: number): boolean {
  const { retryPolicy, attempt } = activity;
  const excluded = retryPolicy.nonRetryableErrorTypes;
  return (
    activity.cancelRequestedEventId === 0 &&
    !attemptsUsedUp(retryPolicy, attempt) &&
    !excluded.includes(timeoutTypeName('START_TO_CLOSE')) &&
    !excluded.includes(timeoutTypeName('HEARTBEAT')) &&
    fitsScheduleToClose(activity, now)
  );
}

/** Wait after the given attempt, in milliseconds. */
export function backOffMs(policy: CompiledRetryPolicy, attempt: number): number {
  const grown = policy.initialIntervalMs * policy.backoffCoefficient ** (attempt - 1);
  return Math.min(Math.ceil(grown), policy.maximumIntervalMs);
}

/**
 * Wait before the given attempt of a workflow task, in milliseconds: the second comes at once, then
 * 1 s, 2 s, 4 s, … up to 60 s.
 */
export function workflowTaskPaceMs(attempt: number): number {
  return attempt < 3 ? 0 : Math.min(1_000 * 2 ** Math.min(attempt - 3, 6), 60_000);
}

/** What a policy must be like, to follow its name in a message. */
export const RETRY_POLICY_RULE =
  'needs a backoffCoefficient of at least 1 and a maximumInterval of at least the initialInterval';

/** Fills what a worker left at 0 (semantics 13); undefined when the policy makes no sense. */
export function normalizeRetryPolicy(policy: CompiledRetryPolicy): CompiledRetryPolicy | undefined {
  const initialIntervalMs = policy.initialIntervalMs || 1_000;
  const backoffCoefficient = policy.backoffCoefficient || 2;
  const maximumIntervalMs = policy.maximumIntervalMs || initialIntervalMs * 100;
  const sane =
    backoffCoefficient >= 1 &&
    Number.isFinite(backoffCoefficient) &&
    maximumIntervalMs >= initialIntervalMs;
  if (!sane) return undefined;
  return { ...policy, initialIntervalMs, backoffCoefficient, maximumIntervalMs };
}

function giveUp(retryState: RetryState): RetryDecision {
  return { kind: 'giveUp', retryState };
}

function attemptsUsedUp(policy: CompiledRetryPolicy, attempt: number): boolean {
  return policy.maximumAttempts > 0 && attempt >= policy.maximumAttempts;
}

function fitsScheduleToClose(activity: ActivityState, at: number): boolean {
  const { scheduledAt, scheduleToCloseTimeoutMs } = activity;
  return scheduleToCloseTimeoutMs === 0 || at <= scheduledAt + scheduleToCloseTimeoutMs;
}

function nextRetryDelayOf(failure: Failure): number | undefined {
  return failure.info.kind === 'application' ? failure.info.nextRetryDelayMs : undefined;
}

/** Whether a policy lets this failure be followed by another attempt. */
export function isRetryable(failure: Failure, policy: CompiledRetryPolicy): boolean {
  const { info } = failure;
  const excluded = policy.nonRetryableErrorTypes;
  switch (info.kind) {
    case 'application':
      return !info.nonRetryable && !(info.type !== undefined && excluded.includes(info.type));
    case 'timeout':
      return (
        (info.timeoutType === 'START_TO_CLOSE' || info.timeoutType === 'HEARTBEAT') &&
        !excluded.includes(timeoutTypeName(info.timeoutType))
      );
    case 'server':
      return !info.nonRetryable;
    case 'canceled':
    case 'terminated':
      return false;
    case 'activity':
    case 'childWorkflow':
      return true;
    default:
      return info satisfies never;
  }
}

/** How an attempt timeout is written in `nonRetryableErrorTypes` (semantics 13). */
function timeoutTypeName(type: 'START_TO_CLOSE' | 'HEARTBEAT'): string {
  return type === 'HEARTBEAT' ? 'TemporalTimeout:Heartbeat' : 'TemporalTimeout:StartToClose';
}
