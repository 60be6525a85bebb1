/**
 * An attempt ended by confirming its cancellation (semantics 23). If nobody had requested it, that
 * is a failed attempt like any other.
 */
import type { Failure } from '@perdure/protocol';
import type { CancelActivity } from '../command.ts';
import type { Outcome } from '../decision.ts';
import type { Draft } from '../draft.ts';
import { activityFor, cancelActivity, failActivity } from '../machines/activity.ts';
import { accepted, staleActivity } from './outcomes.ts';

export function decideCancelActivity(draft: Draft, command: CancelActivity): Outcome {
  const { scheduledEventId, attempt, details, identity } = command;
  const activity = activityFor(draft.state, 'finish', scheduledEventId, attempt);
  if (!activity) return staleActivity(command);
  if (activity.cancelRequestedEventId > 0) cancelActivity(draft, activity, { details, identity });
  else failActivity(draft, activity, unaskedCancellation(command), identity);
  return accepted;
}

function unaskedCancellation({ details }: CancelActivity): Failure {
  return {
    message: 'the activity confirmed a cancellation that was not requested',
    info: { kind: 'application', type: 'CancelledFailure', details },
  };
}
