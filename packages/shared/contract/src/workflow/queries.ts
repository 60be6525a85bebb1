/** Queries: questions that a workflow answers without a trace in its history (semantics 39, 40). */
import { QueryRejectCondition } from '@perdure/common';
import type { Failure } from '@perdure/protocol';
import { z } from 'zod';
import { blob, execution, id } from './fields.ts';

export const queryWorkflowInput = execution.extend({
  queryName: id,
  input: blob.optional(),
  header: blob.optional(),
  rejectCondition: z.enum(QueryRejectCondition).default('NONE'),
});
export type QueryWorkflowInput = z.output<typeof queryWorkflowInput>;

/** What the worker said. */
export type QueryWorkflowOutput =
  | { readonly kind: 'answered'; readonly result?: Uint8Array }
  /** The handler threw, or there is none; sealed as the worker sent it. */
  | { readonly kind: 'failed'; readonly failure: Failure };
