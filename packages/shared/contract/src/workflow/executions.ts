/** What is done to workflows that exist. */
import { WorkflowExecutionStatus } from '@perdure/common';
import { z } from 'zod';
import { blob, chainedExecution, execution, id, reason } from './fields.ts';

export const signalWorkflowInput = execution.extend({
  signalName: id,
  input: blob.optional(),
  header: blob.optional(),
  identity: id.optional(),
  requestId: id,
});
export type SignalWorkflowInput = z.output<typeof signalWorkflowInput>;

export const cancelWorkflowInput = chainedExecution.extend({
  reason: reason.optional(),
  identity: id.optional(),
  requestId: id,
});
export type CancelWorkflowInput = z.output<typeof cancelWorkflowInput>;

export const terminateWorkflowInput = chainedExecution.extend({
  reason: reason.optional(),
  details: blob.optional(),
  identity: id.optional(),
  requestId: id,
});
export type TerminateWorkflowInput = z.output<typeof terminateWorkflowInput>;

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
  status: z.enum(WorkflowExecutionStatus).optional(),
  workflowType: id.optional(),
  workflowId: id.optional(),
  pageSize: z.number().int().min(1).max(1_000).default(100),
  pageToken: z.string().max(4_000).optional(),
});
export type ListWorkflowsInput = z.output<typeof listWorkflowsInput>;
