/** Inputs and outputs of the workflow procedures. Durations and times are milliseconds. */
import {
  WorkflowExecutionStatus,
  WorkflowIdConflictPolicy,
  WorkflowIdReusePolicy,
} from '@perdure/common';
import { type Failure, retryPolicy } from '@perdure/protocol';
import { z } from 'zod';

/** Longest id or name, in bytes of UTF-8 (semantics 75). */
const MAX_ID_BYTES = 1_000;
const id = z
  .string()
  .min(1)
  .refine((text) => text.isWellFormed() && Buffer.byteLength(text) <= MAX_ID_BYTES, {
    error: `must be at most ${MAX_ID_BYTES} bytes of well-formed text`,
  });
const bytesSchema = z.instanceof(Uint8Array) as z.ZodType<Uint8Array>;
/** Longest duration: 100 years. Deadlines are reckoned with it and must stay exact. */
const MAX_DURATION_MS = 100 * 365.25 * 24 * 3_600_000;
const milliseconds = z.number().int().min(0).max(MAX_DURATION_MS);
const status = z.enum(WorkflowExecutionStatus);

const execution = z.object({ namespace: id, workflowId: id, runId: id.optional() });

export const startWorkflowInput = z.object({
  namespace: id,
  workflowId: id,
  workflowType: id,
  taskQueue: id,
  input: bytesSchema.optional(),
  header: bytesSchema.optional(),
  memo: bytesSchema.optional(),
  workflowExecutionTimeoutMs: milliseconds.optional(),
  workflowRunTimeoutMs: milliseconds.optional(),
  /** Default 10 s, at most 120 s. */
  workflowTaskTimeoutMs: milliseconds.max(120_000).optional(),
  startDelayMs: milliseconds.optional(),
  retryPolicy: retryPolicy.schema.optional(),
  workflowIdReusePolicy: z.enum(WorkflowIdReusePolicy).default('ALLOW_DUPLICATE'),
  workflowIdConflictPolicy: z.enum(WorkflowIdConflictPolicy).default('FAIL'),
  identity: id.optional(),
  /** The same id again answers with the same run. */
  requestId: id,
});
export type StartWorkflowInput = z.output<typeof startWorkflowInput>;
export interface StartWorkflowOutput {
  readonly runId: string;
  readonly firstExecutionRunId: string;
  /** False when an open run was used instead (USE_EXISTING) or the request had been answered. */
  readonly started: boolean;
}

export const signalWorkflowInput = execution.extend({
  signalName: id,
  input: bytesSchema.optional(),
  header: bytesSchema.optional(),
  identity: id.optional(),
  requestId: id,
});
export type SignalWorkflowInput = z.output<typeof signalWorkflowInput>;

export const cancelWorkflowInput = execution.extend({
  reason: z.string().max(10_000).optional(),
  identity: id.optional(),
  requestId: id,
});
export type CancelWorkflowInput = z.output<typeof cancelWorkflowInput>;

export const terminateWorkflowInput = execution.extend({
  reason: z.string().max(10_000).optional(),
  details: bytesSchema.optional(),
  identity: id.optional(),
  requestId: id,
});
export type TerminateWorkflowInput = z.output<typeof terminateWorkflowInput>;

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
}

export interface PendingWorkflowTask {
  readonly state: 'SCHEDULED' | 'STARTED';
  readonly attempt: number;
  readonly scheduledTime: number;
  readonly startedTime?: number;
}

export interface DescribeWorkflowOutput {
  readonly workflowId: string;
  readonly runId: string;
  readonly firstExecutionRunId: string;
  readonly workflowType: string;
  readonly taskQueue: string;
  readonly status: WorkflowExecutionStatus;
  readonly startTime: number;
  readonly closeTime?: number;
  readonly historyLength: number;
  readonly pendingActivities: readonly PendingActivity[];
  readonly pendingWorkflowTask?: PendingWorkflowTask;
}

export const getHistoryInput = execution.extend({
  fromEventId: z.number().int().min(1).default(1),
  /** Wait until the run has closed (at most some 20 s), then answer. */
  waitForClose: z.boolean().default(false),
  /** Answer with the close event alone. */
  closeEventOnly: z.boolean().default(false),
});
export type GetHistoryInput = z.output<typeof getHistoryInput>;
export interface GetHistoryOutput {
  readonly runId: string;
  readonly status: WorkflowExecutionStatus;
  /** Encoded events; empty when waiting ended without a close. */
  readonly events: Uint8Array;
  /** Ask again from here; absent at the end. */
  readonly nextEventId?: number;
}

export const listWorkflowsInput = z.object({
  namespace: id,
  status: status.optional(),
  workflowType: id.optional(),
  workflowId: id.optional(),
  pageSize: z.number().int().min(1).max(1_000).default(100),
  pageToken: z.string().max(4_000).optional(),
});
export type ListWorkflowsInput = z.output<typeof listWorkflowsInput>;
