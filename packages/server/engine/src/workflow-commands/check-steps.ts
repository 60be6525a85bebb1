/** Whether commands about activities and timers can be recorded. */
import { faultOfPriority } from '@perdure/common';
import type { CommandOf } from '@perdure/protocol';
import { MAX_PENDING_ACTIVITIES } from '../policy/limits.ts';
import { RETRY_POLICY_RULE, normalizeRetryPolicy } from '../policy/retry.ts';
import { inferActivityTimeouts } from '../policy/timeouts.ts';
import type { Ledger } from './ledger.ts';
import { type TaskRefusal, refusal } from './refusal.ts';

export function checkScheduleActivity(
  ledger: Ledger,
  command: CommandOf<'ScheduleActivityTask'>,
): TaskRefusal | undefined {
  const cause = 'BAD_SCHEDULE_ACTIVITY_ATTRIBUTES';
  const { activityId, activityType, retryPolicy, priority } = command;
  if (!activityId || !activityType) {
    const which = activityId ? 'activityType' : 'activityId';
    return refusal(cause, `ScheduleActivityTask needs an ${which}; got an empty one`);
  }
  if (ledger.activityIds.get(activityId)) {
    return refusal(
      'SCHEDULE_ACTIVITY_DUPLICATE_ID',
      `ScheduleActivityTask.activityId ${activityId} is in use by a pending activity; use another`,
    );
  }
  if (!inferActivityTimeouts(command, 0)) {
    return refusal(
      cause,
      `activity ${activityId} (${activityType}) needs a startToCloseTimeout or a ` +
        'scheduleToCloseTimeout; it has neither',
    );
  }
  if (retryPolicy && !normalizeRetryPolicy(retryPolicy)) {
    return refusal(cause, `the retry policy of activity ${activityId} ${RETRY_POLICY_RULE}`);
  }
  const priorityFault = priority && faultOfPriority(priority);
  if (priorityFault) return refusal(cause, `activity ${activityId}: ${priorityFault}`);
  ledger.begun.activities += 1;
  ledger.activityIds.set(activityId, true);
  if (ledger.state.activities.size + ledger.begun.activities <= MAX_PENDING_ACTIVITIES) {
    return undefined;
  }
  return refusal(
    'PENDING_ACTIVITIES_LIMIT_EXCEEDED',
    `a run may have ${MAX_PENDING_ACTIVITIES} pending activities; schedule more when some have finished`,
  );
}

/**
 * An activity that settled while the task ran counts as known: the workflow could not have seen it.
 */
export function checkRequestCancelActivity(
  ledger: Ledger,
  { activityId }: CommandOf<'RequestCancelActivityTask'>,
): TaskRefusal | undefined {
  if (ledger.activityIds.has(activityId)) return undefined;
  return refusal(
    'BAD_REQUEST_CANCEL_ACTIVITY_ATTRIBUTES',
    `RequestCancelActivityTask.activityId names activity ${activityId}, which is not pending`,
  );
}

export function checkStartTimer(
  ledger: Ledger,
  { timerId }: CommandOf<'StartTimer'>,
): TaskRefusal | undefined {
  if (!timerId) {
    return refusal('BAD_START_TIMER_ATTRIBUTES', 'StartTimer needs a timerId; got an empty one');
  }
  if (hasTimer(ledger, timerId)) {
    return refusal(
      'START_TIMER_DUPLICATE_ID',
      `StartTimer.timerId ${timerId} is in use by a pending timer; use another`,
    );
  }
  ledger.timers.set(timerId, true);
  return undefined;
}

export function checkCancelTimer(
  ledger: Ledger,
  { timerId }: CommandOf<'CancelTimer'>,
): TaskRefusal | undefined {
  if (!hasTimer(ledger, timerId)) {
    return refusal(
      'BAD_CANCEL_TIMER_ATTRIBUTES',
      `CancelTimer.timerId names timer ${timerId}, which is not pending`,
    );
  }
  const untouched = !ledger.timers.has(timerId);
  if (untouched && ledger.state.timers.get(timerId)?.firedBuffered) ledger.takenBack += 1;
  ledger.timers.set(timerId, false);
  return undefined;
}

function hasTimer(ledger: Ledger, timerId: string): boolean {
  return ledger.timers.get(timerId) ?? ledger.state.timers.has(timerId);
}
