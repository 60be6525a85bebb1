/** Job `resolveActivity`: an activity call has its outcome. */
import {
  ActivityFailure,
  CancelledFailure,
  type DecodedFailure,
  RetryState,
} from '@perdure/common';
import type { ActivationJob } from '../activation.ts';
import { errorFrom, firstValueOf } from '../payloads.ts';
import type { PendingActivity, Run } from '../run.ts';

type ResolveActivity = Extract<ActivationJob, { kind: 'resolveActivity' }>;

/**
 * Settles the call. One that the workflow gave up (TRY_CANCEL, ABANDON) has left the map already
 * and its outcome is ignored (semantics 22).
 *
 * @throws PayloadConverterError when the result cannot be turned into a value
 */
export function resolveActivity(run: Run, job: ResolveActivity): void {
  const pending = run.activities.get(job.activityId);
  if (!pending) return;
  run.activities.delete(job.activityId);
  const { outcome } = job;
  switch (outcome.kind) {
    case 'completed':
      pending.resolve(firstValueOf(run, outcome.result));
      break;
    case 'failed':
      pending.reject(failed(run, job.activityId, pending, outcome.failure));
      break;
    case 'canceled':
      pending.reject(cancelled(run, job.activityId, pending, outcome.failure));
      break;
  }
}

/** How an activity call that was given up rejects (semantics 22). */
export function activityCancelled(
  activityId: string,
  activityType: string,
  cause: Error = new CancelledFailure(''),
): ActivityFailure {
  return new ActivityFailure(
    'Activity cancelled',
    activityType,
    activityId,
    RetryState.CANCEL_REQUESTED,
    undefined,
    cause,
  );
}

/** The host wraps the cause when it knows why the call was not tried again; else it is done here. */
function failed(
  run: Run,
  activityId: string,
  pending: PendingActivity,
  failure: DecodedFailure,
): Error {
  const error = errorFrom(run, failure);
  if (error instanceof ActivityFailure) return error;
  return new ActivityFailure(
    failure.info.kind === 'timeout' ? 'Activity task timed out' : 'Activity task failed',
    pending.activityType,
    activityId,
    RetryState.IN_PROGRESS,
    undefined,
    error,
  );
}

function cancelled(
  run: Run,
  activityId: string,
  pending: PendingActivity,
  failure: DecodedFailure,
): Error {
  const error = errorFrom(run, failure);
  return error instanceof ActivityFailure
    ? error
    : activityCancelled(activityId, pending.activityType, error);
}
