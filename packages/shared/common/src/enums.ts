/**
 * Enumerations as string-literal objects: usable as value and as type, stable in logs and JSON.
 *
 * Some also answer to the long names of older programs (`PARENT_CLOSE_POLICY_TERMINATE`). Those are
 * not enumerable: whoever lists the words of an enumeration gets each once.
 */
import { withLongNames } from './long-names.ts';

/** What a start does about an earlier, *closed* run of the same workflow id. */
export const WorkflowIdReusePolicy = withLongNames('WORKFLOW_ID_REUSE_POLICY', {
  ALLOW_DUPLICATE: 'ALLOW_DUPLICATE',
  ALLOW_DUPLICATE_FAILED_ONLY: 'ALLOW_DUPLICATE_FAILED_ONLY',
  REJECT_DUPLICATE: 'REJECT_DUPLICATE',
} as const);
export type WorkflowIdReusePolicy =
  (typeof WorkflowIdReusePolicy)[keyof typeof WorkflowIdReusePolicy];

/** What a start does about an *open* run of the same workflow id (semantics 58). */
export const WorkflowIdConflictPolicy = withLongNames('WORKFLOW_ID_CONFLICT_POLICY', {
  FAIL: 'FAIL',
  USE_EXISTING: 'USE_EXISTING',
  TERMINATE_EXISTING: 'TERMINATE_EXISTING',
} as const);
export type WorkflowIdConflictPolicy =
  (typeof WorkflowIdConflictPolicy)[keyof typeof WorkflowIdConflictPolicy];

/** When a cancelled activity call settles in the workflow (semantics 22–26). */
export const ActivityCancellationType = {
  TRY_CANCEL: 'TRY_CANCEL',
  WAIT_CANCELLATION_COMPLETED: 'WAIT_CANCELLATION_COMPLETED',
  ABANDON: 'ABANDON',
} as const;
export type ActivityCancellationType =
  (typeof ActivityCancellationType)[keyof typeof ActivityCancellationType];

/** When a cancelled child workflow call settles in the parent (semantics 29). */
export const ChildWorkflowCancellationType = {
  ABANDON: 'ABANDON',
  TRY_CANCEL: 'TRY_CANCEL',
  WAIT_CANCELLATION_REQUESTED: 'WAIT_CANCELLATION_REQUESTED',
  WAIT_CANCELLATION_COMPLETED: 'WAIT_CANCELLATION_COMPLETED',
} as const;
export type ChildWorkflowCancellationType =
  (typeof ChildWorkflowCancellationType)[keyof typeof ChildWorkflowCancellationType];

/** What becomes of a child that still runs when its parent closes (semantics 33). */
export const ParentClosePolicy = withLongNames('PARENT_CLOSE_POLICY', {
  TERMINATE: 'TERMINATE',
  ABANDON: 'ABANDON',
  REQUEST_CANCEL: 'REQUEST_CANCEL',
} as const);
export type ParentClosePolicy = (typeof ParentClosePolicy)[keyof typeof ParentClosePolicy];

/** Why a run follows another under the same workflow id (semantics 53-55). */
export const ContinueAsNewInitiator = {
  WORKFLOW: 'WORKFLOW',
  RETRY: 'RETRY',
  CRON_SCHEDULE: 'CRON_SCHEDULE',
} as const;
export type ContinueAsNewInitiator =
  (typeof ContinueAsNewInitiator)[keyof typeof ContinueAsNewInitiator];

/** How far an update has come (semantics 41-44). */
export const WorkflowUpdateStage = {
  ADMITTED: 'ADMITTED',
  ACCEPTED: 'ACCEPTED',
  COMPLETED: 'COMPLETED',
} as const;
export type WorkflowUpdateStage = (typeof WorkflowUpdateStage)[keyof typeof WorkflowUpdateStage];

/** Why a failed unit of work was not tried again. */
export const RetryState = withLongNames('RETRY_STATE', {
  IN_PROGRESS: 'IN_PROGRESS',
  NON_RETRYABLE_FAILURE: 'NON_RETRYABLE_FAILURE',
  TIMEOUT: 'TIMEOUT',
  MAXIMUM_ATTEMPTS_REACHED: 'MAXIMUM_ATTEMPTS_REACHED',
  RETRY_POLICY_NOT_SET: 'RETRY_POLICY_NOT_SET',
  INTERNAL_SERVER_ERROR: 'INTERNAL_SERVER_ERROR',
  CANCEL_REQUESTED: 'CANCEL_REQUESTED',
} as const);
export type RetryState = (typeof RetryState)[keyof typeof RetryState];

/** Which deadline passed. */
export const TimeoutType = withLongNames('TIMEOUT_TYPE', {
  START_TO_CLOSE: 'START_TO_CLOSE',
  SCHEDULE_TO_START: 'SCHEDULE_TO_START',
  SCHEDULE_TO_CLOSE: 'SCHEDULE_TO_CLOSE',
  HEARTBEAT: 'HEARTBEAT',
} as const);
export type TimeoutType = (typeof TimeoutType)[keyof typeof TimeoutType];

/** The states of a run. */
export const WorkflowExecutionStatus = {
  RUNNING: 'RUNNING',
  COMPLETED: 'COMPLETED',
  FAILED: 'FAILED',
  CANCELLED: 'CANCELLED',
  TERMINATED: 'TERMINATED',
  CONTINUED_AS_NEW: 'CONTINUED_AS_NEW',
  TIMED_OUT: 'TIMED_OUT',
} as const;
export type WorkflowExecutionStatus =
  (typeof WorkflowExecutionStatus)[keyof typeof WorkflowExecutionStatus];

/** One row of a workflow list. */
export interface ListedExecution {
  readonly workflowId: string;
  readonly runId: string;
  readonly workflowType: string;
  readonly taskQueue: string;
  readonly status: WorkflowExecutionStatus;
  /** Milliseconds since the Unix epoch. */
  readonly startTime: number;
  readonly closeTime?: number;
  /** Number of events, known once the run has closed. */
  readonly historyLength?: number;
}

/** For which runs a query is refused (semantics 39). */
export const QueryRejectCondition = withLongNames('QUERY_REJECT_CONDITION', {
  NONE: 'NONE',
  /** Closed, however it ended. */
  NOT_OPEN: 'NOT_OPEN',
  /** Closed otherwise than by completing. */
  NOT_COMPLETED_CLEANLY: 'NOT_COMPLETED_CLEANLY',
} as const);
export type QueryRejectCondition = (typeof QueryRejectCondition)[keyof typeof QueryRejectCondition];
