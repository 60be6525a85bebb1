/**
 * The session that ran an attempt is gone: the next attempt follows at once if the policy has one,
 * fenced by its number; otherwise the attempt is left to its deadlines (blueprint §7).
 */
import type { Failure } from '@perdure/protocol';
import type { LoseActivity } from '../command.ts';
import type { Outcome } from '../decision.ts';
import type { Draft } from '../draft.ts';
import { activityFor, retryActivity } from '../machines/activity.ts';
import { mayRepeatLostAttempt } from '../policy/retry.ts';
import { accepted, staleActivity } from './outcomes.ts';

const workerGone: Failure = {
  message: 'the worker that ran this attempt is gone',
  info: { kind: 'server' },
};

export function decideLoseActivity(draft: Draft, command: LoseActivity): Outcome {
  const { scheduledEventId, attempt } = command;
  const activity = activityFor(draft.state, 'lose', scheduledEventId, attempt);
  if (activity?.session === undefined) return staleActivity(command);
  if (mayRepeatLostAttempt(activity, draft.now)) retryActivity(draft, activity, workerGone, 0);
  return accepted;
}
