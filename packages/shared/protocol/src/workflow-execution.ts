/** Facts about a workflow that both events and commands carry. */
import { ContinueAsNewInitiator, ParentClosePolicy, WorkflowIdReusePolicy } from '@perdure/common';
import { blob } from './payload.ts';
import { type ValueOf, count, name, optional, real, record, uuid, word } from './record.ts';

type Words<T extends string> = [T, ...T[]];

export const parentClosePolicy = word(Object.values(ParentClosePolicy) as Words<ParentClosePolicy>);
export const workflowIdReusePolicy = word(
  Object.values(WorkflowIdReusePolicy) as Words<WorkflowIdReusePolicy>,
);
export const continueAsNewInitiator = word(
  Object.values(ContinueAsNewInitiator) as Words<ContinueAsNewInitiator>,
);

/** Names one run. */
export const workflowExecution = record({ workflowId: name, runId: uuid });
export type WorkflowExecution = ValueOf<typeof workflowExecution>;

/** Names a workflow, and one of its runs if that one and no other is meant. */
export const workflowTarget = record({ workflowId: name, runId: optional(uuid) });
export type WorkflowTarget = ValueOf<typeof workflowTarget>;

/** How urgent something is, kept for its code to see; tasks are not yet handed out by it. */
export const priority = record({
  /** 1 (first) to 5; default 3. */
  priorityKey: optional(count),
  fairnessKey: optional(name),
  /** 0.001 to 1,000; default 1. */
  fairnessWeight: optional(real),
});
export type Priority = ValueOf<typeof priority>;

/** What people read about a workflow, activity or timer; sealed like any payload. */
export const userMetadata = record({ summary: optional(blob), details: optional(blob) });
export type UserMetadata = ValueOf<typeof userMetadata>;
