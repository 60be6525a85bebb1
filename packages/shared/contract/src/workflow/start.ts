/** What starts a workflow. */
import { WorkflowIdConflictPolicy, WorkflowIdReusePolicy } from '@perdure/common';
import { retryPolicy, searchAttributes } from '@perdure/protocol';
import { z } from 'zod';
import { blob, id, milliseconds } from './fields.ts';

/** Longest cron schedule, in characters. */
const MAX_CRON_LENGTH = 1_000;

/** Place in a task queue. */
const priority = z.object({
  /** 1 (first) to 5; default 3. */
  priorityKey: z.number().int().min(1).max(5).optional(),
  fairnessKey: id.max(64).optional(),
  /** Default 1. */
  fairnessWeight: z.number().min(0.001).max(1_000).optional(),
});

/** What people read about a workflow. */
const userMetadata = z.object({ summary: blob.optional(), details: blob.optional() });

export const startWorkflowInput = z.object({
  namespace: id,
  workflowId: id,
  workflowType: id,
  taskQueue: id,
  input: blob.optional(),
  header: blob.optional(),
  memo: blob.optional(),
  /** Readable by the server, which indexes them. */
  searchAttributes: searchAttributes.schema.optional(),
  workflowExecutionTimeoutMs: milliseconds.optional(),
  workflowRunTimeoutMs: milliseconds.optional(),
  /** Default 10 s, at most 120 s. */
  workflowTaskTimeoutMs: milliseconds.max(120_000).optional(),
  startDelayMs: milliseconds.optional(),
  retryPolicy: retryPolicy.schema.optional(),
  /** Five fields, in UTC. Not together with `startDelayMs`. */
  cronSchedule: z.string().min(1).max(MAX_CRON_LENGTH).optional(),
  priority: priority.optional(),
  userMetadata: userMetadata.optional(),
  workflowIdReusePolicy: z.enum(WorkflowIdReusePolicy).default('ALLOW_DUPLICATE'),
  workflowIdConflictPolicy: z.enum(WorkflowIdConflictPolicy).default('FAIL'),
  identity: id.optional(),
  /** The same id again answers with the same run. */
  requestId: id,
});
export type StartWorkflowInput = z.output<typeof startWorkflowInput>;

export interface StartWorkflowOutput {
  readonly runId: string;
  /** First run of the chain that the run belongs to; the run itself if it was started just now. */
  readonly firstExecutionRunId: string;
  /** False when an open run was used instead (USE_EXISTING) or the request had been answered. */
  readonly started: boolean;
}

export const signalWithStartInput = startWorkflowInput.extend({
  /** FAIL would make the signal pointless (semantics 37). */
  workflowIdConflictPolicy: z
    .enum(['USE_EXISTING', 'TERMINATE_EXISTING'], {
      error: 'must be USE_EXISTING or TERMINATE_EXISTING for a signal with start',
    })
    .default('USE_EXISTING'),
  signalName: id,
  signalInput: blob.optional(),
});
export type SignalWithStartInput = z.output<typeof signalWithStartInput>;

/** `runId` is the run that got the signal. */
export type SignalWithStartOutput = StartWorkflowOutput;
