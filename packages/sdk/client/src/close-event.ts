/** From the event that closed a run to its result, or to the error that says why there is none. */
import {
  CancelledFailure,
  RetryState,
  TerminatedFailure,
  TimeoutFailure,
  TimeoutType,
} from '@perdure/common';
import type { LoadedDataConverter } from '@perdure/data-converter';
import type { EventOf, HistoryEvent } from '@perdure/protocol';
import { WorkflowFailedError } from './errors.ts';

/** Where the payloads of a run belong. */
export interface RunContext {
  readonly namespace: string;
  readonly workflowId: string;
}

/**
 * The result of a closed run.
 *
 * @throws WorkflowFailedError unless it completed
 */
export async function resultOf(
  converter: LoadedDataConverter,
  context: RunContext,
  event: HistoryEvent,
): Promise<unknown> {
  switch (event.eventType) {
    case 'WorkflowExecutionCompleted': {
      const place = { ...context, purpose: 'workflow-result' } as const;
      return converter.decodeValue(place, event.attributes.result);
    }
    case 'WorkflowExecutionFailed':
      throw await failed(converter, context, event);
    case 'WorkflowExecutionCanceled':
      throw failedBy(
        'Workflow execution cancelled',
        new CancelledFailure('Workflow canceled'),
        RetryState.NON_RETRYABLE_FAILURE,
      );
    case 'WorkflowExecutionTerminated': {
      const reason = event.attributes.reason || 'Workflow execution terminated';
      throw failedBy(reason, new TerminatedFailure(reason), RetryState.NON_RETRYABLE_FAILURE);
    }
    case 'WorkflowExecutionTimedOut': {
      const cause = new TimeoutFailure(
        'Workflow execution timed out',
        undefined,
        TimeoutType.START_TO_CLOSE,
      );
      throw failedBy('Workflow execution timed out', cause, event.attributes.retryState);
    }
    default:
      throw new TypeError(
        `${event.eventType} does not close a run; is the SDK older than the server?`,
      );
  }
}

async function failed(
  converter: LoadedDataConverter,
  context: RunContext,
  { attributes }: EventOf<'WorkflowExecutionFailed'>,
): Promise<WorkflowFailedError> {
  const opened = await converter.openFailure(context, attributes.failure);
  const cause = converter.failureConverter.failureToError(opened, converter.payloadConverter);
  return failedBy('Workflow execution failed', cause, attributes.retryState);
}

function failedBy(message: string, cause: Error, retryState: RetryState): WorkflowFailedError {
  return new WorkflowFailedError(message, cause, retryState);
}
