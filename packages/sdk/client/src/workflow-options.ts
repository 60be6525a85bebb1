import {
  type Duration,
  type Priority,
  type RetryPolicy,
  type SearchAttributePair,
  type SearchAttributes,
  type TypedSearchAttributes,
  ValueError,
  WorkflowIdConflictPolicy,
  WorkflowIdReusePolicy,
  compilePriority,
  compileRetryPolicy,
  indexedFieldsOf,
  msOptionalToNumber,
} from '@perdure/common';

/** Also the spellings of older programs. */
type ReusePolicyOption =
  | WorkflowIdReusePolicy
  | 'TERMINATE_IF_RUNNING'
  | `WORKFLOW_ID_REUSE_POLICY_${WorkflowIdReusePolicy | 'TERMINATE_IF_RUNNING'}`;
type ConflictPolicyOption =
  | WorkflowIdConflictPolicy
  | `WORKFLOW_ID_CONFLICT_POLICY_${WorkflowIdConflictPolicy}`;

/** How a workflow is started. */
export interface WorkflowOptions {
  /** Where workers look for it. */
  taskQueue: string;
  /** Unique among open runs of the namespace. Choose one that means something to you. */
  workflowId: string;
  /** About a closed run of this id. Default ALLOW_DUPLICATE. */
  workflowIdReusePolicy?: ReusePolicyOption;
  /** About an open run of this id. Default FAIL; of a signal with start, USE_EXISTING. */
  workflowIdConflictPolicy?: ConflictPolicyOption;
  /** Of the workflow as a whole. Default none: workflows are not retried. */
  retry?: RetryPolicy;
  /** Run again at these times, in UTC: five fields, or `@daily` and the like. */
  cronSchedule?: string;
  /** Longest time over all runs of the chain. Default unlimited. */
  workflowExecutionTimeout?: Duration;
  /** Longest time of one run. Default unlimited. */
  workflowRunTimeout?: Duration;
  /** Longest time of one workflow task. Default 10 seconds, at most 2 minutes. */
  workflowTaskTimeout?: Duration;
  /** Wait before the first workflow task. Not together with `cronSchedule`. */
  startDelay?: Duration;
  /** Facts to show in lists; sealed like every payload. */
  memo?: Record<string, unknown>;
  /** Facts to search for. The server reads and indexes them: no secrets. */
  typedSearchAttributes?: TypedSearchAttributes | readonly SearchAttributePair[];
  /** The older form of {@link typedSearchAttributes}. */
  searchAttributes?: SearchAttributes;
  /** One line for people; sealed like every payload. */
  staticSummary?: string;
  /** Some lines for people; sealed like every payload. */
  staticDetails?: string;
  /** Place in the task queue. */
  priority?: Priority;
  /** Whether `result()` goes on with the run that follows one. Default true. */
  followRuns?: boolean;
  /** No effect: the server hands the first task to a waiting worker with the start by itself. */
  requestEagerStart?: boolean;
}

/** Checks the options that the type system cannot. */
export function compileWorkflowOptions(options: WorkflowOptions) {
  requireText('taskQueue', options.taskQueue);
  requireText('workflowId', options.workflowId);
  const attributes = options.typedSearchAttributes ?? options.searchAttributes;
  return {
    taskQueue: options.taskQueue,
    workflowId: options.workflowId,
    ...idPoliciesOf(options),
    retryPolicy: options.retry && compileRetryPolicy(options.retry),
    cronSchedule: options.cronSchedule,
    workflowExecutionTimeoutMs: msOptionalToNumber(options.workflowExecutionTimeout),
    workflowRunTimeoutMs: msOptionalToNumber(options.workflowRunTimeout),
    workflowTaskTimeoutMs: msOptionalToNumber(options.workflowTaskTimeout),
    startDelayMs: msOptionalToNumber(options.startDelay),
    searchAttributes: attributes && indexedFieldsOf(attributes),
    priority: compilePriority(options.priority),
  };
}

/** TERMINATE_IF_RUNNING is about open runs, though it stands among the policies for closed ones. */
function idPoliciesOf(options: WorkflowOptions) {
  const reuse = options.workflowIdReusePolicy?.replace(/^WORKFLOW_ID_REUSE_POLICY_/, '');
  const conflict = options.workflowIdConflictPolicy?.replace(/^WORKFLOW_ID_CONFLICT_POLICY_/, '');
  if (reuse === 'TERMINATE_IF_RUNNING') {
    return { workflowIdConflictPolicy: WorkflowIdConflictPolicy.TERMINATE_EXISTING };
  }
  return {
    workflowIdReusePolicy: oneOf('workflowIdReusePolicy', WorkflowIdReusePolicy, reuse),
    workflowIdConflictPolicy: oneOf('workflowIdConflictPolicy', WorkflowIdConflictPolicy, conflict),
  };
}

function oneOf<T extends string>(
  field: string,
  words: Readonly<Record<string, T>>,
  word: string | undefined,
): T | undefined {
  if (word === undefined || Object.hasOwn(words, word)) return word as T | undefined;
  const known = Object.keys(words).join(', ');
  throw new ValueError(`WorkflowOptions.${field} must be one of ${known}; got '${word}'`);
}

function requireText(field: string, value: unknown): void {
  if (typeof value === 'string' && value.length > 0) return;
  throw new ValueError(
    `WorkflowOptions.${field} must be a text that is not empty; got ${String(value)}`,
  );
}
