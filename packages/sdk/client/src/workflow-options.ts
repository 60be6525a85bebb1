import {
  type Duration,
  type RetryPolicy,
  ValueError,
  type WorkflowIdConflictPolicy,
  type WorkflowIdReusePolicy,
  compileRetryPolicy,
  msOptionalToNumber,
} from '@perdure/common';

/** How a workflow is started. */
export interface WorkflowOptions {
  /** Where workers look for it. */
  taskQueue: string;
  /** Unique among open runs of the namespace. Choose one that means something to you. */
  workflowId: string;
  /** About a closed run of this id. Default ALLOW_DUPLICATE. */
  workflowIdReusePolicy?: WorkflowIdReusePolicy;
  /** About an open run of this id. Default FAIL. */
  workflowIdConflictPolicy?: WorkflowIdConflictPolicy;
  /** Of the workflow as a whole. Default none: workflows are not retried. */
  retry?: RetryPolicy;
  /** Longest time over all runs of the chain. Default unlimited. */
  workflowExecutionTimeout?: Duration;
  /** Longest time of one run. Default unlimited. */
  workflowRunTimeout?: Duration;
  /** Longest time of one workflow task. Default 10 seconds, at most 2 minutes. */
  workflowTaskTimeout?: Duration;
  /** Wait before the first workflow task. */
  startDelay?: Duration;
  /** Facts to show in lists; sealed like every payload. */
  memo?: Record<string, unknown>;
}

/** Checks the options that the type system cannot. */
export function compileWorkflowOptions(options: WorkflowOptions) {
  requireText('taskQueue', options.taskQueue);
  requireText('workflowId', options.workflowId);
  return {
    taskQueue: options.taskQueue,
    workflowId: options.workflowId,
    workflowIdReusePolicy: options.workflowIdReusePolicy,
    workflowIdConflictPolicy: options.workflowIdConflictPolicy,
    retryPolicy: options.retry && compileRetryPolicy(options.retry),
    workflowExecutionTimeoutMs: msOptionalToNumber(options.workflowExecutionTimeout),
    workflowRunTimeoutMs: msOptionalToNumber(options.workflowRunTimeout),
    workflowTaskTimeoutMs: msOptionalToNumber(options.workflowTaskTimeout),
    startDelayMs: msOptionalToNumber(options.startDelay),
  };
}

function requireText(field: string, value: unknown): void {
  if (typeof value === 'string' && value.length > 0) return;
  throw new ValueError(
    `WorkflowOptions.${field} must be a text that is not empty; got ${String(value)}`,
  );
}
