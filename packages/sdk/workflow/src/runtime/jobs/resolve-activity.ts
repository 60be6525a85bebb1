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

/** What the border may say about a failed call beside the failure (ActivityTaskFailed). */
interface FailureFacts {
  readonly failure: DecodedFailure;
  readonly retryState?: RetryState;
  readonly identity?: string;
}

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
      pending.resolve(firstValueOf(outcome.result));
      break;
    case 'failed':
      pending.reject(failed(job.activityId, pending, outcome));
      break;
    case 'canceled':
      pending.reject(cancelled(job.activityId, pending, outcome.failure));
      break;
  }
}

/** How an activity call that was given up rejects (semantics 22). */
export function activityCancelled(activityId: string, activityType: string): ActivityFailure {
  return new ActivityFailure(
    'Activity cancelled',
    activityType,
    activityId,
    RetryState.CANCEL_REQUESTED,
    undefined,
    new CancelledFailure(''),
  );
}

function failed(activityId: string, pending: PendingActivity, facts: FailureFacts): Error {
  const cause = errorFrom(facts.failure);
  if (cause instanceof ActivityFailure) return cause;
  const timedOut = facts.failure.info.kind === 'timeout';
  return new ActivityFailure(
    timedOut ? 'Activity task timed out' : 'Activity task failed',
    pending.activityType,
    activityId,
    facts.retryState ?? RetryState.IN_PROGRESS,
    facts.identity,
    cause,
  );
}

function cancelled(activityId: string, pending: PendingActivity, failure: DecodedFailure): Error {
  const cause = errorFrom(failure);
  if (cause instanceof ActivityFailure) return cause;
  return new ActivityFailure(
    'Activity cancelled',
    pending.activityType,
    activityId,
    RetryState.CANCEL_REQUESTED,
    undefined,
    cause,
  );
}
