/** Writes the events of commands about activities and timers. */
import { defaultActivityRetryPolicy } from '@perdure/common';
import type { CommandOf } from '@perdure/protocol';
import type { Draft } from '../draft.ts';
import { cancelActivity } from '../machines/activity.ts';
import { cancelTimer } from '../machines/timer.ts';
import { normalizeRetryPolicy } from '../policy/retry.ts';
import { inferActivityTimeouts } from '../policy/timeouts.ts';
import type { Recording } from './recording.ts';

export function recordScheduleActivity(
  recording: Recording,
  command: CommandOf<'ScheduleActivityTask'>,
): void {
  const { draft, workflowTaskCompletedEventId } = recording;
  const { state } = draft;
  const runTimeoutMs = state.runDeadline === 0 ? 0 : state.runDeadline - state.startTime;
  const timeouts = inferActivityTimeouts(command, runTimeoutMs)!;
  const policy = command.retryPolicy ?? defaultActivityRetryPolicy;
  const scheduledEventId = draft.emit('ActivityTaskScheduled', {
    activityId: command.activityId,
    activityType: command.activityType,
    taskQueue: command.taskQueue || state.taskQueue,
    workflowTaskCompletedEventId,
    input: command.input,
    scheduleToCloseTimeoutMs: timeouts.scheduleToCloseTimeoutMs || undefined,
    scheduleToStartTimeoutMs: timeouts.scheduleToStartTimeoutMs || undefined,
    startToCloseTimeoutMs: timeouts.startToCloseTimeoutMs,
    heartbeatTimeoutMs: timeouts.heartbeatTimeoutMs || undefined,
    retryPolicy: normalizeRetryPolicy(policy)!,
    header: command.header,
    priority: command.priority,
    userMetadata: command.userMetadata,
  });
  recording.activityIds?.set(command.activityId, scheduledEventId);
  draft.offer({ kind: 'activity', scheduledEventId });
}

/** An attempt that no worker has is cancelled at once (semantics 26). */
export function recordRequestCancelActivity(
  recording: Recording,
  command: CommandOf<'RequestCancelActivityTask'>,
): void {
  const { draft, workflowTaskCompletedEventId } = recording;
  recording.activityIds ??= scheduledEventIds(draft);
  const scheduledEventId = recording.activityIds.get(command.activityId);
  if (scheduledEventId === undefined) return;
  draft.emit('ActivityTaskCancelRequested', { scheduledEventId, workflowTaskCompletedEventId });
  const activity = draft.state.activities.get(scheduledEventId);
  if (!activity || activity.outcomeBuffered) return;
  if (activity.startedAt === 0) cancelActivity(draft, activity, {});
  else draft.offer({ kind: 'cancelActivity', scheduledEventId });
}

export function recordStartTimer(
  { draft, workflowTaskCompletedEventId }: Recording,
  { timerId, startToFireTimeoutMs, userMetadata }: CommandOf<'StartTimer'>,
): void {
  draft.emit('TimerStarted', {
    timerId,
    startToFireTimeoutMs,
    workflowTaskCompletedEventId,
    userMetadata,
  });
}

export function recordCancelTimer(
  { draft, workflowTaskCompletedEventId, identity }: Recording,
  { timerId }: CommandOf<'CancelTimer'>,
): void {
  const timer = draft.state.timers.get(timerId)!;
  cancelTimer(draft, timer, workflowTaskCompletedEventId, identity);
}

function scheduledEventIds(draft: Draft): Map<string, number> {
  const ids = new Map<string, number>();
  for (const activity of draft.state.activities.values()) {
    ids.set(activity.activityId, activity.scheduledEventId);
  }
  return ids;
}
