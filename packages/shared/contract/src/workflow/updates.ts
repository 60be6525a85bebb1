/** Updates: requests that a workflow may refuse, and that have an outcome (semantics 41-45). */
import type { WorkflowUpdateStage } from '@perdure/common';
import type { Failure } from '@perdure/protocol';
import { z } from 'zod';
import { blob, chainedExecution, execution, id } from './fields.ts';
import { type StartWorkflowOutput, startWorkflowInput } from './start.ts';

/** How far the update is to have come before the answer. */
const waitForStage = z.enum(['ACCEPTED', 'COMPLETED']);

/** What is asked of the workflow. */
const request = z.object({
  /** The same id again is the same update. */
  updateId: id,
  updateName: id,
  input: blob.optional(),
  header: blob.optional(),
});

export const updateWorkflowInput = chainedExecution.extend({
  ...request.shape,
  identity: id.optional(),
  waitForStage,
});
export type UpdateWorkflowInput = z.output<typeof updateWorkflowInput>;

/** What came of an update. A refusal by the workflow's validator is a failure too. */
export type UpdateOutcome =
  | { readonly kind: 'success'; readonly result?: Uint8Array }
  | { readonly kind: 'failure'; readonly failure: Failure };

export interface UpdateWorkflowOutput {
  /** The run that has the update. */
  readonly runId: string;
  /** How far the update has come; less than was waited for when waiting ended first. */
  readonly stage: WorkflowUpdateStage;
  /** Set at stage COMPLETED and only then. */
  readonly outcome?: UpdateOutcome;
}

export const pollUpdateInput = execution.extend({ updateId: id, waitForStage });
export type PollUpdateInput = z.output<typeof pollUpdateInput>;

export const updateWithStartInput = z.object({
  namespace: id,
  start: startWorkflowInput.omit({ namespace: true, identity: true }),
  update: request.extend({ waitForStage }),
  identity: id.optional(),
});
export type UpdateWithStartInput = z.output<typeof updateWithStartInput>;

/** What {@link UpdateWorkflowOutput} and {@link StartWorkflowOutput} tell, of the one run. */
export interface UpdateWithStartOutput extends UpdateWorkflowOutput, StartWorkflowOutput {}
