/**
 * The work that a state asks for: recomputable at any time, so that whatever the broker loses can
 * be found again.
 */
import type { EventOf } from '@perdure/protocol';
import type { FollowUp, OutboxTask } from './decision.ts';
import { phaseOf } from './machines/activity.ts';
import { dispatchedWorkflowTask } from './machines/workflow-task.ts';
import type { ActivityState, ExecutionState, WorkflowTaskState } from './state/execution-state.ts';

/** What waits for a worker: the workflow task, then activities in the order of scheduling. */
export function outboxOf(state: ExecutionState): OutboxTask[] {
  const tasks: OutboxTask[] = [];
  const task = dispatchedWorkflowTask(state);
  if (task) tasks.push(workflowOutboxTask(state, task));
  for (const activity of state.activities.values()) {
    if (isWaiting(activity)) tasks.push(activityOutboxTask(activity));
  }
  return tasks;
}

/** Everything that anyone is to be told: {@link outboxOf} and the cancellations under way. */
export function followUpsOf(state: ExecutionState): FollowUp[] {
  const followUps: FollowUp[] = [];
  const task = workflowTaskFollowUp(state);
  if (task) followUps.push(task);
  for (const { scheduledEventId } of state.activities.values()) {
    const dispatch = activityFollowUp(state, scheduledEventId, undefined);
    const cancel = cancelFollowUp(state, scheduledEventId);
    if (dispatch) followUps.push(dispatch);
    if (cancel) followUps.push(cancel);
  }
  return followUps;
}

/** How the outbox of `after` differs from that of `before`. */
export function outboxChanges(
  before: ExecutionState | undefined,
  after: ExecutionState,
): { readonly add: readonly OutboxTask[]; readonly remove: readonly OutboxTask[] } {
  const add: OutboxTask[] = [];
  const remove: OutboxTask[] = [];
  const taskBefore = before && dispatchedWorkflowTask(before);
  const taskAfter = dispatchedWorkflowTask(after);
  if (!sameTask(taskBefore, taskAfter)) {
    if (taskBefore) remove.push(workflowOutboxTask(before!, taskBefore));
    if (taskAfter) add.push(workflowOutboxTask(after, taskAfter));
  }
  for (const activity of after.activities.values()) {
    const earlier = before?.activities.get(activity.scheduledEventId);
    if (activity !== earlier && isWaiting(activity) && !sameWait(earlier, activity)) {
      add.push(activityOutboxTask(activity));
    }
  }
  for (const activity of before?.activities.values() ?? []) {
    const later = after.activities.get(activity.scheduledEventId);
    if (activity !== later && isWaiting(activity) && !sameWait(later, activity)) {
      remove.push(activityOutboxTask(activity));
    }
  }
  return { add, remove };
}

/** The waiting workflow task as work to hand out. */
export function workflowTaskFollowUp(state: ExecutionState): FollowUp | undefined {
  const task = dispatchedWorkflowTask(state);
  if (!task) return undefined;
  return {
    kind: 'dispatchWorkflowTask',
    scheduledEventId: task.scheduledEventId,
    attempt: task.attempt,
    taskQueue: state.taskQueue,
    stickySession: state.stickySession,
    enqueuedAt: task.scheduledAt,
  };
}

/** The waiting attempt of an activity as work to hand out. */
export function activityFollowUp(
  state: ExecutionState,
  scheduledEventId: number,
  scheduled: EventOf<'ActivityTaskScheduled'> | undefined,
): FollowUp | undefined {
  const activity = state.activities.get(scheduledEventId);
  if (!activity || !isWaiting(activity)) return undefined;
  return {
    kind: 'dispatchActivity',
    scheduledEventId,
    attempt: activity.attempt,
    taskQueue: activity.taskQueue,
    activityId: activity.activityId,
    enqueuedAt: activity.attemptScheduledAt,
    scheduled,
  };
}

/** The cancellation of a running attempt. */
export function cancelFollowUp(
  state: ExecutionState,
  scheduledEventId: number,
): FollowUp | undefined {
  const activity = state.activities.get(scheduledEventId);
  if (!activity || activity.cancelRequestedEventId === 0) return undefined;
  if (phaseOf(activity) !== 'started' || activity.session === undefined) return undefined;
  const { attempt, session } = activity;
  return { kind: 'cancelActivity', scheduledEventId, attempt, session };
}

function isWaiting(activity: ActivityState): boolean {
  return phaseOf(activity) === 'waiting';
}

function sameTask(a: WorkflowTaskState | undefined, b: WorkflowTaskState | undefined): boolean {
  return a?.scheduledEventId === b?.scheduledEventId && a?.attempt === b?.attempt;
}

function sameWait(other: ActivityState | undefined, activity: ActivityState): boolean {
  return other !== undefined && isWaiting(other) && other.attempt === activity.attempt;
}

function workflowOutboxTask(state: ExecutionState, task: WorkflowTaskState): OutboxTask {
  return {
    kind: 'workflow',
    scheduledEventId: task.scheduledEventId,
    attempt: task.attempt,
    taskQueue: state.taskQueue,
    enqueuedAt: task.scheduledAt,
  };
}

function activityOutboxTask(activity: ActivityState): OutboxTask {
  return {
    kind: 'activity',
    scheduledEventId: activity.scheduledEventId,
    attempt: activity.attempt,
    taskQueue: activity.taskQueue,
    enqueuedAt: activity.attemptScheduledAt,
  };
}
