import type {
  DescribeWorkflowInput,
  DescribeWorkflowOutput,
  NamespaceCaller,
  PendingActivity,
  PendingWorkflowTask,
} from '@perdure/contract';
import type { ActivityState, ExecutionState } from '@perdure/engine';
import { findRun } from '../find-run.ts';
import type { OperationParts } from '../parts.ts';

/** A run's facts and what it is waiting for. */
export async function describeWorkflow(
  parts: OperationParts,
  caller: NamespaceCaller,
  { workflowId, runId }: DescribeWorkflowInput,
): Promise<DescribeWorkflowOutput> {
  const state = await findRun(parts, { namespaceId: caller.namespaceId, workflowId }, runId);
  return {
    workflowId,
    runId: state.runId,
    firstExecutionRunId: state.firstExecutionRunId,
    workflowType: state.workflowType,
    taskQueue: state.taskQueue,
    status: state.status,
    startTime: state.startTime,
    closeTime: state.closeTime || undefined,
    historyLength: state.nextEventId - 1,
    pendingActivities:
      state.status === 'RUNNING' ? [...state.activities.values()].map(pending) : [],
    pendingWorkflowTask: pendingTask(state),
  };
}

function pending(activity: ActivityState): PendingActivity {
  const backingOff = !activity.dispatched && activity.startedAt === 0;
  return {
    activityId: activity.activityId,
    activityType: activity.activityType,
    state: stateOf(activity, backingOff),
    attempt: activity.attempt,
    maximumAttempts: activity.retryPolicy.maximumAttempts,
    scheduledTime: activity.scheduledAt,
    lastStartedTime: activity.startedAt || undefined,
    nextAttemptTime: backingOff ? activity.attemptScheduledAt : undefined,
    lastFailure: activity.lastFailure,
    lastWorkerIdentity: activity.identity,
    heartbeatDetails: activity.heartbeatDetails,
  };
}

function stateOf(activity: ActivityState, backingOff: boolean): PendingActivity['state'] {
  if (activity.cancelRequestedEventId > 0) return 'CANCEL_REQUESTED';
  if (backingOff) return 'BACKING_OFF';
  return activity.startedAt > 0 ? 'STARTED' : 'SCHEDULED';
}

function pendingTask({ status, workflowTask }: ExecutionState): PendingWorkflowTask | undefined {
  if (!workflowTask || status !== 'RUNNING') return undefined;
  const { startedEventId, attempt, scheduledAt, startedAt } = workflowTask;
  return {
    state: startedEventId > 0 ? 'STARTED' : 'SCHEDULED',
    attempt,
    scheduledTime: scheduledAt,
    startedTime: startedAt || undefined,
  };
}
