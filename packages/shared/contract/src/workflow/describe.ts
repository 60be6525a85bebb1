/** What is told of one run. */
import type {
  IndexedFields,
  ParentClosePolicy,
  Priority,
  WorkflowExecutionStatus,
  WorkflowUpdateStage,
} from '@perdure/common';
import type { Failure, UserMetadata, WorkflowExecution } from '@perdure/protocol';
import type { z } from 'zod';
import { execution } from './fields.ts';

export const describeWorkflowInput = execution;
export type DescribeWorkflowInput = z.output<typeof describeWorkflowInput>;

/** An activity that has not closed: what the pending view shows. */
export interface PendingActivity {
  readonly activityId: string;
  readonly activityType: string;
  readonly state: 'SCHEDULED' | 'STARTED' | 'BACKING_OFF' | 'CANCEL_REQUESTED';
  /** Current attempt, from 1. */
  readonly attempt: number;
  /** 0 means unlimited. */
  readonly maximumAttempts: number;
  readonly scheduledTime: number;
  readonly lastStartedTime?: number;
  /** When the next attempt is due, while backing off. */
  readonly nextAttemptTime?: number;
  /** Of the attempt before, sealed as the worker sent it. */
  readonly lastFailure?: Failure;
  readonly lastWorkerIdentity?: string;
  readonly heartbeatDetails?: Uint8Array;
  /** Why no connected worker can run it; absent when one can, or the server cannot know. */
  readonly unserved?: string;
}

export interface PendingWorkflowTask {
  readonly state: 'SCHEDULED' | 'STARTED';
  readonly attempt: number;
  readonly scheduledTime: number;
  readonly startedTime?: number;
  /** Why no connected worker can run it; absent when one can, or the server cannot know. */
  readonly unserved?: string;
}

/** A child workflow that has not closed. */
export interface PendingChild {
  readonly workflowId: string;
  /** First run of the child; absent until it has started. */
  readonly runId?: string;
  readonly workflowType: string;
  readonly initiatedEventId: number;
  readonly parentClosePolicy: ParentClosePolicy;
}

/** An update that has not completed. */
export interface PendingUpdate {
  readonly updateId: string;
  readonly stage: Exclude<WorkflowUpdateStage, 'COMPLETED'>;
}

export interface DescribeWorkflowOutput {
  readonly workflowId: string;
  readonly runId: string;
  readonly firstExecutionRunId: string;
  readonly workflowType: string;
  readonly taskQueue: string;
  readonly status: WorkflowExecutionStatus;
  readonly startTime: number;
  /** When its first workflow task was due: later than `startTime` for a delayed start, cron or retry. */
  readonly executionTime?: number;
  readonly closeTime?: number;
  readonly historyLength: number;
  readonly historySizeBytes?: number;
  /** As it is now, changes by the workflow included. */
  readonly memo?: Uint8Array;
  /** As they are now, changes by the workflow included. */
  readonly searchAttributes?: IndexedFields;
  readonly userMetadata?: UserMetadata;
  readonly priority?: Priority;
  readonly cronSchedule?: string;
  /** Run of the workflow that this one is a child of. */
  readonly parentExecution?: WorkflowExecution;
  /** Top of the tree of children; the run itself when it has no parent. */
  readonly rootExecution?: WorkflowExecution;
  readonly pendingActivities: readonly PendingActivity[];
  readonly pendingWorkflowTask?: PendingWorkflowTask;
  /** Absent: none. */
  readonly pendingChildren?: readonly PendingChild[];
  /** Absent: none. */
  readonly pendingUpdates?: readonly PendingUpdate[];
}
