/** Which runs are not asked (semantics 39). */
import { PerdureServiceError } from '@perdure/common';
import type { ExecutionState } from '@perdure/engine';
import type { Asked } from './question.ts';

/** Failed attempts of a workflow task after which its run is not asked. */
const MOST_FAILURES = 3;

/** Why a run is not asked: QUERY_REJECTED or WORKFLOW_NOT_READY; undefined when it is. */
export function refusalOf(
  state: ExecutionState,
  { rejectCondition, key: { workflowId } }: Asked,
): PerdureServiceError | undefined {
  const { status, runId, workflowTaskFailures, lastCompletedStartedEventId } = state;
  const notOpen = rejectCondition === 'NOT_OPEN' && status !== 'RUNNING';
  const unclean =
    rejectCondition === 'NOT_COMPLETED_CLEANLY' && status !== 'RUNNING' && status !== 'COMPLETED';
  if (notOpen || unclean) {
    return new PerdureServiceError(
      'QUERY_REJECTED',
      `the run is ${status}, which ${rejectCondition} excludes`,
      { workflowId, runId, status },
    );
  }
  if (status === 'RUNNING' && workflowTaskFailures >= MOST_FAILURES) {
    return notReady('Workflow Task in failed state', state);
  }
  if (status !== 'RUNNING' && lastCompletedStartedEventId === 0) {
    return notReady('the workflow closed before any of its code had run', state);
  }
  return undefined;
}

function notReady(message: string, { workflowId, runId }: ExecutionState): PerdureServiceError {
  return new PerdureServiceError('WORKFLOW_NOT_READY', message, { workflowId, runId });
}
