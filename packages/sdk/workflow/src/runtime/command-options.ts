/** What the larger commands carry: child workflows and following runs. */
import type {
  CompiledRetryPolicy,
  Headers,
  IndexedFields,
  ParentClosePolicy,
  Payload,
  Priority,
  WorkflowIdReusePolicy,
} from '@perdure/common';

/** A child workflow as the command describes it. */
export interface ChildWorkflowOptionsOfCommand {
  readonly workflowId: string;
  readonly workflowType: string;
  readonly args: readonly Payload[];
  readonly headers?: Headers;
  /** Default: the parent's. */
  readonly taskQueue?: string;
  readonly workflowExecutionTimeoutMs?: number;
  readonly workflowRunTimeoutMs?: number;
  readonly workflowTaskTimeoutMs?: number;
  readonly parentClosePolicy: ParentClosePolicy;
  readonly workflowIdReusePolicy?: WorkflowIdReusePolicy;
  readonly retryPolicy?: CompiledRetryPolicy;
  readonly cronSchedule?: string;
  /** One payload: the memo as a record. */
  readonly memo?: readonly Payload[];
  readonly searchAttributes?: IndexedFields;
  readonly priority?: Priority;
  /** One payload: text for people. */
  readonly summary?: readonly Payload[];
  /** One payload: text for people. */
  readonly details?: readonly Payload[];
}

/** Ends this run and begins the next; what is absent is as in this run. */
export interface ContinueAsNewCommand {
  readonly kind: 'continueAsNew';
  readonly workflowType: string;
  readonly args: readonly Payload[];
  readonly headers?: Headers;
  readonly taskQueue?: string;
  readonly workflowRunTimeoutMs?: number;
  readonly workflowTaskTimeoutMs?: number;
  readonly retryPolicy?: CompiledRetryPolicy;
  readonly backoffStartIntervalMs?: number;
  /** One payload: the memo as a record. */
  readonly memo?: readonly Payload[];
  readonly searchAttributes?: IndexedFields;
  readonly initialVersioningBehavior?: 'AUTO_UPGRADE' | 'USE_RAMPING_VERSION';
}
