/** Deadlines of activities: which there are, which comes first, and how they read in a failure. */
import type { TimeoutType } from '@perdure/common';
import type { CommandOf, Failure, PayloadBlob } from '@perdure/protocol';
import type { ActivityState } from '../state/execution-state.ts';

/** The next thing that happens to an activity by itself. */
export interface ActivityDeadline {
  readonly at: number;
  readonly kind: TimeoutType | 'BACK_OFF';
}

/** The four timeouts of an activity in milliseconds, 0 meaning none. */
export interface ActivityTimeouts {
  readonly scheduleToCloseTimeoutMs: number;
  readonly scheduleToStartTimeoutMs: number;
  readonly startToCloseTimeoutMs: number;
  readonly heartbeatTimeoutMs: number;
}

/**
 * Fills the timeouts that a command leaves open and caps all by the run timeout, as Temporal does.
 * Undefined when it names neither start-to-close nor schedule-to-close.
 *
 * @param runTimeoutMs 0 when the run has none
 */
export function inferActivityTimeouts(
  command: CommandOf<'ScheduleActivityTask'>,
  runTimeoutMs: number,
): ActivityTimeouts | undefined {
  const close = command.scheduleToCloseTimeoutMs || runTimeoutMs;
  const startToClose = command.startToCloseTimeoutMs || command.scheduleToCloseTimeoutMs || 0;
  if (startToClose === 0) return undefined;
  const startToCloseTimeoutMs = least(startToClose, close, runTimeoutMs);
  return {
    scheduleToCloseTimeoutMs: least(close, runTimeoutMs),
    scheduleToStartTimeoutMs: least(command.scheduleToStartTimeoutMs || 0, close, runTimeoutMs),
    startToCloseTimeoutMs,
    heartbeatTimeoutMs: command.heartbeatTimeoutMs
      ? least(command.heartbeatTimeoutMs, startToCloseTimeoutMs)
      : 0,
  };
}

/** The smallest that is not 0; 0 when all are. */
function least(...timeouts: readonly number[]): number {
  let smallest = 0;
  for (const each of timeouts) if (each > 0 && (smallest === 0 || each < smallest)) smallest = each;
  return smallest;
}

/** What comes first for this activity; of several at the same time, the end of the attempt. */
export function activityDeadline(activity: ActivityState): ActivityDeadline | undefined {
  if (activity.outcomeBuffered) return undefined;
  let at = 0;
  let kind: ActivityDeadline['kind'] = 'BACK_OFF';
  const consider = (from: number, timeoutMs: number, which: ActivityDeadline['kind']): void => {
    if (timeoutMs === 0 || (at !== 0 && from + timeoutMs >= at)) return;
    at = from + timeoutMs;
    kind = which;
  };
  const { startedAt, attemptScheduledAt } = activity;
  if (startedAt > 0) {
    const lastSign = Math.max(startedAt, activity.lastHeartbeatAt);
    consider(startedAt, activity.startToCloseTimeoutMs, 'START_TO_CLOSE');
    consider(lastSign, activity.heartbeatTimeoutMs, 'HEARTBEAT');
  } else if (activity.dispatched) {
    consider(attemptScheduledAt, activity.scheduleToStartTimeoutMs, 'SCHEDULE_TO_START');
  } else {
    at = attemptScheduledAt;
  }
  consider(activity.scheduledAt, activity.scheduleToCloseTimeoutMs, 'SCHEDULE_TO_CLOSE');
  return at === 0 ? undefined : { at, kind };
}

const texts: Readonly<Record<TimeoutType, string>> = {
  START_TO_CLOSE: 'activity StartToClose timeout',
  SCHEDULE_TO_START: 'activity ScheduleToStart timeout',
  SCHEDULE_TO_CLOSE: 'activity ScheduleToClose timeout',
  HEARTBEAT: 'activity Heartbeat timeout',
};

/** The failure the server makes of a passed deadline. */
export function timeoutFailure(
  timeoutType: TimeoutType,
  lastHeartbeatDetails: PayloadBlob | undefined,
  message = texts[timeoutType],
): Failure {
  return { message, info: { kind: 'timeout', timeoutType, lastHeartbeatDetails } };
}
