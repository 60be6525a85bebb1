/** Options of a child workflow, and what they mean (semantics 29 to 34). */
import type {
  ChildWorkflowCancellationType,
  Duration,
  ParentClosePolicy,
  Priority,
  RetryPolicy,
  SearchAttributePair,
  SearchAttributes,
  TypedSearchAttributes,
  WorkflowIdReusePolicy,
} from '@perdure/common';

/** Options of `startChild` and `executeChild`, arguments aside. */
export interface ChildWorkflowOptions {
  /** Default: a version 4 UUID that is the same on replay. */
  workflowId?: string;
  /** Default: the parent's. */
  taskQueue?: string;
  args?: readonly unknown[];
  /** Default WAIT_CANCELLATION_COMPLETED. */
  cancellationType?: ChildWorkflowCancellationType;
  /** Default TERMINATE. */
  parentClosePolicy?: ParentClosePolicy;
  /** Default ALLOW_DUPLICATE. */
  workflowIdReusePolicy?: WorkflowIdReusePolicy;
  /** Default: not tried again. */
  retry?: RetryPolicy;
  cronSchedule?: string;
  /** Longest time of the whole chain of runs. Default unlimited. */
  workflowExecutionTimeout?: Duration;
  /** Longest time of one run. Default: the execution timeout. */
  workflowRunTimeout?: Duration;
  /** Longest time of one workflow task. Default 10 seconds. */
  workflowTaskTimeout?: Duration;
  memo?: Record<string, unknown>;
  /** The untyped form; prefer {@link typedSearchAttributes}. */
  searchAttributes?: SearchAttributes;
  typedSearchAttributes?: TypedSearchAttributes | SearchAttributePair[];
  /** For people: what the child is for. */
  staticSummary?: string;
  /** For people: more about it. */
  staticDetails?: string;
  priority?: Priority;
}

/** Options with every gap filled that has a default here. */
export type ChildWorkflowOptionsWithDefaults = ChildWorkflowOptions & {
  readonly workflowId: string;
  readonly args: readonly unknown[];
  readonly cancellationType: ChildWorkflowCancellationType;
  readonly parentClosePolicy: ParentClosePolicy;
};
