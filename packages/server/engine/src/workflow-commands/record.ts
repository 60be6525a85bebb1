/** Writes the events of a workflow task's commands, which `check` has found to be in order. */
import type { Command, CommandOf, CommandType } from '@perdure/protocol';
import { defaultActivityRetryPolicy } from '@perdure/common';
import type { Draft } from '../draft.ts';
import { cancelActivity } from '../machines/activity.ts';
import { cancelTimer } from '../machines/timer.ts';
import { normalizeRetryPolicy } from '../policy/retry.ts';
import { inferActivityTimeouts } from '../policy/timeouts.ts';

/** What the commands of one task share. */
interface Recording {
  readonly draft: Draft;
  readonly workflowTaskCompletedEventId: number;
  readonly identity: string;
  /** Scheduled event id by activity id; filled when a command first asks. */
  activityIds: Map<string, number> | undefined;
}

/** Writes one event per command, in command order (semantics, rules 2 and 3). */
export function recordCommands(
  draft: Draft,
  commands: readonly Command[],
  workflowTaskCompletedEventId: number,
  identity: string,
): void {
  const recording: Recording = {
    draft,
    workflowTaskCompletedEventId,
    identity,
    activityIds: undefined,
  };
  for (const command of commands) {
    (recorders[command.commandType] as Recorder<CommandType>)(recording, command);
  }
}

type Recorder<T extends CommandType> = (recording: Recording, command: CommandOf<T>) => void;

const recorders: { readonly [T in CommandType]?: Recorder<T> } = {
  ScheduleActivityTask: recordScheduleActivity,
  RequestCancelActivityTask: recordRequestCancelActivity,
  StartTimer({ draft, workflowTaskCompletedEventId }, { timerId, startToFireTimeoutMs }) {
    draft.emit('TimerStarted', { timerId, startToFireTimeoutMs, workflowTaskCompletedEventId });
  },
  CancelTimer({ draft, workflowTaskCompletedEventId, identity }, { timerId }) {
    const timer = draft.state.timers.get(timerId)!;
    cancelTimer(draft, timer, workflowTaskCompletedEventId, identity);
  },
  CompleteWorkflowExecution({ draft, workflowTaskCompletedEventId }, { result }) {
    draft.emit('WorkflowExecutionCompleted', { workflowTaskCompletedEventId, result });
  },
  FailWorkflowExecution({ draft, workflowTaskCompletedEventId }, { failure }) {
    const retryState = 'RETRY_POLICY_NOT_SET';
    draft.emit('WorkflowExecutionFailed', { workflowTaskCompletedEventId, failure, retryState });
  },
  CancelWorkflowExecution({ draft, workflowTaskCompletedEventId }, { details }) {
    draft.emit('WorkflowExecutionCanceled', { workflowTaskCompletedEventId, details });
  },
};

function recordScheduleActivity(
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
  });
  recording.activityIds?.set(command.activityId, scheduledEventId);
  draft.offer({ kind: 'activity', scheduledEventId });
}

/** An attempt that no worker has is cancelled at once (semantics 26). */
function recordRequestCancelActivity(
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

function scheduledEventIds(draft: Draft): Map<string, number> {
  const ids = new Map<string, number>();
  for (const activity of draft.state.activities.values()) {
    ids.set(activity.activityId, activity.scheduledEventId);
  }
  return ids;
}
