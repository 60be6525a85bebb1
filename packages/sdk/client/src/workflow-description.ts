/** From the server's description of a run to one in the reader's terms. */
import {
  type Priority,
  type SearchAttributes,
  type TypedSearchAttributes,
  type WorkflowExecutionStatus,
  typedSearchAttributes,
  untypedSearchAttributes,
} from '@perdure/common';
import type {
  DescribeWorkflowOutput,
  PendingActivity,
  PendingChild,
  PendingUpdate,
  PendingWorkflowTask,
} from '@perdure/contract';
import type { ClientParts } from './client-parts.ts';

/** An activity that has not closed, its last failure as an error. */
export interface PendingActivityInfo extends Omit<
  PendingActivity,
  'lastFailure' | 'heartbeatDetails' | 'scheduledTime' | 'lastStartedTime' | 'nextAttemptTime'
> {
  readonly lastFailure?: Error;
  readonly heartbeatDetails?: unknown;
  readonly scheduledTime: Date;
  readonly lastStartedTime?: Date;
  /** When the next attempt is due, while it waits for that. */
  readonly nextAttemptTime?: Date;
}

/** What `describe` tells. */
export interface WorkflowExecutionDescription {
  readonly type: string;
  readonly workflowId: string;
  readonly runId: string;
  readonly firstExecutionRunId: string;
  readonly taskQueue: string;
  readonly status: { readonly name: WorkflowExecutionStatus; readonly code: number };
  readonly historyLength: number;
  /** In bytes. */
  readonly historySize?: number;
  readonly startTime: Date;
  /** When its first workflow task was due. */
  readonly executionTime?: Date;
  readonly closeTime?: Date;
  readonly memo?: Record<string, unknown>;
  readonly typedSearchAttributes: TypedSearchAttributes;
  /** The older form of {@link typedSearchAttributes}. */
  readonly searchAttributes: SearchAttributes;
  readonly parentExecution?: { readonly workflowId: string; readonly runId: string };
  readonly rootExecution?: { readonly workflowId: string; readonly runId: string };
  readonly cronSchedule?: string;
  readonly priority?: Priority;
  readonly pendingActivities: readonly PendingActivityInfo[];
  readonly pendingWorkflowTask?: PendingWorkflowTask;
  readonly pendingChildren: readonly PendingChild[];
  readonly pendingUpdates: readonly PendingUpdate[];
  /** As the server sent it. */
  readonly raw: DescribeWorkflowOutput;
  /** What the start said of the run, in a line. */
  staticSummary(): Promise<string | undefined>;
  /** What the start said of the run, in some lines. */
  staticDetails(): Promise<string | undefined>;
}

/** The numbers that go with the names of statuses. */
const statusCodes: Readonly<Record<WorkflowExecutionStatus, number>> = {
  RUNNING: 1,
  COMPLETED: 2,
  FAILED: 3,
  CANCELLED: 4,
  TERMINATED: 5,
  CONTINUED_AS_NEW: 6,
  TIMED_OUT: 7,
};

/** Opens what is sealed in a description. */
export async function describe(
  parts: ClientParts,
  raw: DescribeWorkflowOutput,
): Promise<WorkflowExecutionDescription> {
  const { workflowId, userMetadata, searchAttributes = {} } = raw;
  const converter = await parts.loadConverter();
  const { parentExecution, rootExecution, cronSchedule, priority, pendingWorkflowTask } = raw;
  const text = async (blob: Uint8Array | undefined) =>
    converter.decodeValue<string | undefined>(parts.place(workflowId, 'user-metadata'), blob);
  return {
    type: raw.workflowType,
    workflowId,
    runId: raw.runId,
    firstExecutionRunId: raw.firstExecutionRunId,
    taskQueue: raw.taskQueue,
    status: { name: raw.status, code: statusCodes[raw.status] },
    historyLength: raw.historyLength,
    historySize: raw.historySizeBytes,
    startTime: new Date(raw.startTime),
    executionTime: dateOf(raw.executionTime),
    closeTime: dateOf(raw.closeTime),
    memo: await converter.decodeValue(parts.place(workflowId, 'memo'), raw.memo),
    typedSearchAttributes: typedSearchAttributes(searchAttributes),
    searchAttributes: untypedSearchAttributes(searchAttributes),
    parentExecution,
    rootExecution,
    cronSchedule,
    priority,
    pendingActivities: await Promise.all(
      raw.pendingActivities.map((activity) => pending(parts, workflowId, activity)),
    ),
    pendingWorkflowTask,
    pendingChildren: raw.pendingChildren ?? [],
    pendingUpdates: raw.pendingUpdates ?? [],
    raw,
    staticSummary: () => text(userMetadata?.summary),
    staticDetails: () => text(userMetadata?.details),
  };
}

async function pending(
  parts: ClientParts,
  workflowId: string,
  activity: PendingActivity,
): Promise<PendingActivityInfo> {
  const { lastFailure, heartbeatDetails, ...facts } = activity;
  const converter = await parts.loadConverter();
  return {
    ...facts,
    scheduledTime: new Date(activity.scheduledTime),
    lastStartedTime: dateOf(activity.lastStartedTime),
    nextAttemptTime: dateOf(activity.nextAttemptTime),
    lastFailure: lastFailure && (await parts.openFailure(workflowId, lastFailure)),
    heartbeatDetails: await converter.decodeValue(
      parts.place(workflowId, 'heartbeat'),
      heartbeatDetails,
    ),
  };
}

function dateOf(time: number | undefined): Date | undefined {
  return time === undefined ? undefined : new Date(time);
}
