/** What client calls throw beside the shared errors. */
import {
  NamespaceNotFoundError,
  PerdureServiceError,
  type RetryState,
  WorkflowExecutionAlreadyStartedError,
  type WorkflowExecutionStatus,
  WorkflowNotFoundError,
  defineSymbolErrorClass,
} from '@perdure/common';

/** The run has closed without a result; `cause` says why. */
export class WorkflowFailedError extends Error {
  override readonly cause: Error | undefined;
  readonly retryState: RetryState;
  constructor(message: string, cause: Error | undefined, retryState: RetryState) {
    super(message);
    this.cause = cause;
    this.retryState = retryState;
  }
}
defineSymbolErrorClass('WorkflowFailedError')(WorkflowFailedError);

/** The run continued as new, and the caller did not want to follow (`followRuns: false`). */
export class WorkflowContinuedAsNewError extends Error {
  readonly newExecutionRunId: string;
  constructor(message: string, newExecutionRunId: string) {
    super(message);
    this.newExecutionRunId = newExecutionRunId;
  }
}
defineSymbolErrorClass('WorkflowContinuedAsNewError')(WorkflowContinuedAsNewError);

/** The workflow refused the update, or its handler failed; `cause` says why. */
export class WorkflowUpdateFailedError extends Error {
  override readonly cause: Error | undefined;
  constructor(message: string, cause: Error | undefined) {
    super(message);
    this.cause = cause;
  }
}
defineSymbolErrorClass('WorkflowUpdateFailedError')(WorkflowUpdateFailedError);

/** Waiting for an update was given up; the update goes its way all the same. */
export class WorkflowUpdateRPCTimeoutOrCancelledError extends Error {
  override readonly cause: Error | undefined;
  constructor(message: string, options: { cause?: Error } = {}) {
    super(message);
    this.cause = options.cause;
  }
}
defineSymbolErrorClass('WorkflowUpdateRPCTimeoutOrCancelledError')(
  WorkflowUpdateRPCTimeoutOrCancelledError,
);

/** The run is in a state for which the caller wanted no answer (`queryRejectCondition`). */
export class QueryRejectedError extends Error {
  readonly status: WorkflowExecutionStatus;
  constructor(status: WorkflowExecutionStatus) {
    super('Query rejected');
    this.status = status;
  }
}
defineSymbolErrorClass('QueryRejectedError')(QueryRejectedError);

/** There is no handler for the query, or it threw; `cause` says what. */
export class QueryNotRegisteredError extends Error {
  override readonly cause: Error | undefined;
  readonly code = 'INVALID_ARGUMENT';
  constructor(message: string, cause?: Error) {
    super(message);
    this.cause = cause;
  }
}
defineSymbolErrorClass('QueryNotRegisteredError')(QueryNotRegisteredError);

/** The activity has ended, or this attempt of it: stop working on it. */
export class ActivityNotFoundError extends Error {}
defineSymbolErrorClass('ActivityNotFoundError')(ActivityNotFoundError);

/** The activity could not be reported on; `cause` says why. */
export class ActivityCompletionError extends Error {
  override readonly cause: Error | undefined;
  constructor(message: string, cause?: Error) {
    super(message);
    this.cause = cause;
  }
}
defineSymbolErrorClass('ActivityCompletionError')(ActivityCompletionError);

/** The workflow wants the activity to stop. */
export class ActivityCancelledError extends Error {}
defineSymbolErrorClass('ActivityCancelledError')(ActivityCancelledError);

/** For `instanceof` only: a heartbeat of a paused activity. Activities cannot be paused yet. */
export class ActivityPausedError extends Error {}
defineSymbolErrorClass('ActivityPausedError')(ActivityPausedError);

/** For `instanceof` only: a heartbeat of an activity that was reset. They cannot be reset yet. */
export class ActivityResetError extends Error {}
defineSymbolErrorClass('ActivityResetError')(ActivityResetError);

/** What a call was about, for the error that says it failed. */
export interface CallSubject {
  readonly workflowId?: string;
  readonly runId?: string;
  readonly workflowType?: string;
}

/** What a refusal looks like to the user of the API. */
export function rethrow(error: unknown, subject: CallSubject): never {
  const { code, message, fields } = error as Partial<PerdureServiceError>;
  const { workflowId = '', runId, workflowType = '' } = subject;
  switch (code) {
    case 'WORKFLOW_NOT_FOUND':
    case 'UPDATE_NOT_FOUND':
      throw new WorkflowNotFoundError(message ?? '', workflowId, runId);
    case 'WORKFLOW_ALREADY_STARTED':
      throw new WorkflowExecutionAlreadyStartedError(
        'Workflow execution already started',
        workflowId,
        workflowType,
      );
    case 'NAMESPACE_NOT_FOUND':
      throw new NamespaceNotFoundError(fields?.namespace ?? '');
    case 'QUERY_REJECTED':
      throw new QueryRejectedError(fields?.status ?? 'RUNNING');
    default:
      throw error;
  }
}

/** Whether an error is a refusal by the server, or by the way there. */
export function isGrpcServiceError(error: unknown): error is PerdureServiceError {
  return error instanceof PerdureServiceError;
}

/** Whether an error, or what caused it, is that a deadline passed. */
export function isGrpcDeadlineError(error: unknown): boolean {
  return hasCode(error, 'DEADLINE_EXCEEDED');
}

/** Whether an error, or what caused it, is that the caller gave the call up. */
export function isGrpcCancelledError(error: unknown): boolean {
  return hasCode(error, 'CANCELLED');
}

function hasCode(error: unknown, code: PerdureServiceError['code']): boolean {
  for (let each = error; each instanceof Error; each = each.cause) {
    if (each instanceof PerdureServiceError && each.code === code) return true;
  }
  return false;
}
