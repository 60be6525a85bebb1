/** What client calls throw beside the shared errors. */
import {
  type PerdureServiceError,
  type RetryState,
  WorkflowExecutionAlreadyStartedError,
  WorkflowNotFoundError,
  NamespaceNotFoundError,
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

/** What a refusal looks like to the user of the API. */
export function rethrow(
  error: unknown,
  call: { workflowId?: string; runId?: string; workflowType?: string },
): never {
  const { code, message, fields } = error as Partial<PerdureServiceError>;
  const { workflowId = '', runId, workflowType = '' } = call;
  switch (code) {
    case 'WORKFLOW_NOT_FOUND':
      throw new WorkflowNotFoundError(message ?? '', workflowId, runId);
    case 'WORKFLOW_ALREADY_STARTED':
      throw new WorkflowExecutionAlreadyStartedError(
        'Workflow execution already started',
        workflowId,
        workflowType,
      );
    case 'NAMESPACE_NOT_FOUND':
      throw new NamespaceNotFoundError(fields?.namespace ?? '');
    default:
      throw error;
  }
}
