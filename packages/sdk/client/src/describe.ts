/** From the server's description of a run to one in the reader's terms. */
import type { DescribeWorkflowOutput, PendingActivity } from '@perdure/contract';
import type { LoadedDataConverter } from '@perdure/data-converter';
import type { RunContext } from './close-event.ts';
import type { PendingActivityInfo, WorkflowExecutionDescription } from './workflow-handle.ts';

export async function describe(
  converter: LoadedDataConverter,
  context: RunContext,
  raw: DescribeWorkflowOutput,
): Promise<WorkflowExecutionDescription> {
  const pendingActivities = await Promise.all(
    raw.pendingActivities.map((activity) => pending(converter, context, activity)),
  );
  return {
    type: raw.workflowType,
    workflowId: raw.workflowId,
    runId: raw.runId,
    taskQueue: raw.taskQueue,
    status: { name: raw.status },
    historyLength: raw.historyLength,
    startTime: new Date(raw.startTime),
    closeTime: dateOf(raw.closeTime),
    pendingActivities,
    pendingWorkflowTask: raw.pendingWorkflowTask,
    raw,
  };
}

async function pending(
  converter: LoadedDataConverter,
  context: RunContext,
  activity: PendingActivity,
): Promise<PendingActivityInfo> {
  const { lastFailure, heartbeatDetails, ...facts } = activity;
  const opened = lastFailure && (await converter.openFailure(context, lastFailure));
  const { failureConverter, payloadConverter } = converter;
  return {
    ...facts,
    scheduledTime: new Date(activity.scheduledTime),
    lastStartedTime: dateOf(activity.lastStartedTime),
    nextAttemptTime: dateOf(activity.nextAttemptTime),
    lastFailure: opened && failureConverter.failureToError(opened, payloadConverter),
    heartbeatDetails: await converter.decodeValue(
      { ...context, purpose: 'heartbeat' },
      heartbeatDetails,
    ),
  };
}

function dateOf(time: number | undefined): Date | undefined {
  return time === undefined ? undefined : new Date(time);
}
