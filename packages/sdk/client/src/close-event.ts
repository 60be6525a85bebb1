/** From the event that closed a run to its result, or to the error that says why there is none. */
import {
  CancelledFailure,
  RetryState,
  TerminatedFailure,
  TimeoutFailure,
  TimeoutType,
} from '@perdure/common';
import type { HistoryEvent } from '@perdure/protocol';
import type { ClientParts } from './client-parts.ts';
import { WorkflowContinuedAsNewError, WorkflowFailedError } from './errors.ts';

/** The run that follows the one an event closed, if one does. */
export function successorOf({ attributes }: HistoryEvent): string | undefined {
  return 'newExecutionRunId' in attributes ? attributes.newExecutionRunId : undefined;
}

/**
 * The result of a closed run.
 *
 * @throws WorkflowFailedError, or WorkflowContinuedAsNewError, unless it completed
 */
export async function resultOf(
  parts: ClientParts,
  workflowId: string,
  event: HistoryEvent,
): Promise<unknown> {
  const converter = await parts.loadConverter();
  switch (event.eventType) {
    case 'WorkflowExecutionCompleted':
      return converter.decodeValue(
        parts.place(workflowId, 'workflow-result'),
        event.attributes.result,
      );
    case 'WorkflowExecutionFailed': {
      const { failure, retryState } = event.attributes;
      const cause = await parts.openFailure(workflowId, failure);
      throw new WorkflowFailedError('Workflow execution failed', cause, retryState);
    }
    case 'WorkflowExecutionCanceled': {
      const place = parts.place(workflowId, 'cancel-details');
      const details = await converter.decodeArgs(place, event.attributes.details);
      const cause = new CancelledFailure('Workflow canceled', details);
      throw notRetried('Workflow execution cancelled', cause);
    }
    case 'WorkflowExecutionTerminated': {
      const reason = event.attributes.reason || 'Workflow execution terminated';
      throw notRetried(reason, new TerminatedFailure(reason));
    }
    case 'WorkflowExecutionTimedOut': {
      const message = 'Workflow execution timed out';
      const cause = new TimeoutFailure(message, undefined, TimeoutType.START_TO_CLOSE);
      throw new WorkflowFailedError(message, cause, event.attributes.retryState);
    }
    case 'WorkflowExecutionContinuedAsNew':
      throw new WorkflowContinuedAsNewError(
        'Workflow execution continued as new',
        event.attributes.newExecutionRunId,
      );
    default:
      throw new TypeError(
        `${event.eventType} does not close a run; is the SDK older than the server?`,
      );
  }
}

function notRetried(message: string, cause: Error): WorkflowFailedError {
  return new WorkflowFailedError(message, cause, RetryState.NON_RETRYABLE_FAILURE);
}
