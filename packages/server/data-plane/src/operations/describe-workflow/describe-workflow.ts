import type {
  DescribeWorkflowInput,
  DescribeWorkflowOutput,
  NamespaceCaller,
  PendingActivity,
  PendingChild,
  PendingUpdate,
  PendingWorkflowTask,
} from '@perdure/contract';
import type { ActivityState, ChildState, ExecutionState, UpdateState } from '@perdure/engine';
import { shardOf } from '@perdure/ports';
import type { WorkflowExecution } from '@perdure/protocol';
import { findRun } from '../find-run.ts';
import type { OperationParts } from '../parts.ts';
import { factsOf } from './facts.ts';
import { type Explain, unservedBy } from './unserved.ts';

/** A run's facts and what it is waiting for. */
export async function describeWorkflow(
  parts: OperationParts,
  caller: NamespaceCaller,
  { workflowId, runId }: DescribeWorkflowInput,
): Promise<DescribeWorkflowOutput> {
  const { namespaceId } = caller;
  const state = await findRun(parts, { namespaceId, workflowId }, runId);
  const shard = shardOf(namespaceId, workflowId);
  const told = await factsOf(parts.store, { namespaceId, shard, runId: state.runId }, state);
  const open = state.status === 'RUNNING';
  const unserved = unservedBy(parts);
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
    historySizeBytes: state.historyBytes || undefined,
    ...told,
    parentExecution: state.parent && executionOf(state.parent),
    rootExecution: state.root ?? executionOf(state),
    pendingActivities: open
      ? [...state.activities.values()].map((activity) => ({
          ...pending(activity),
          unserved: unserved(
            { namespaceId, taskQueue: activity.taskQueue, kind: 'activity' },
            activity.activityType,
          ),
        }))
      : [],
    pendingWorkflowTask: pendingTask(unserved, namespaceId, state),
    pendingChildren: open ? [...state.children.values()].map(pendingChild) : [],
    pendingUpdates: open ? [...state.updates.values()].map(pendingUpdate) : [],
  };
}

function executionOf({ workflowId, runId }: WorkflowExecution): WorkflowExecution {
  return { workflowId, runId };
}

function pendingChild(child: ChildState): PendingChild {
  const { workflowId, runId, workflowType, initiatedEventId, parentClosePolicy } = child;
  return { workflowId, runId, workflowType, initiatedEventId, parentClosePolicy };
}

function pendingUpdate({ updateId, acceptedEventId }: UpdateState): PendingUpdate {
  return { updateId, stage: acceptedEventId > 0 ? 'ACCEPTED' : 'ADMITTED' };
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

function pendingTask(
  unserved: Explain,
  namespaceId: number,
  { status, workflowTask, taskQueue, workflowType }: ExecutionState,
): PendingWorkflowTask | undefined {
  if (!workflowTask || status !== 'RUNNING') return undefined;
  const { startedEventId, attempt, scheduledAt, startedAt } = workflowTask;
  return {
    state: startedEventId > 0 ? 'STARTED' : 'SCHEDULED',
    attempt,
    scheduledTime: scheduledAt,
    startedTime: startedAt || undefined,
    unserved: unserved({ namespaceId, taskQueue, kind: 'workflow' }, workflowType),
  };
}
