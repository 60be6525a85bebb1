/** An attempt returned its result (semantics 2, 3). */
import type { CompleteActivity } from '../command.ts';
import type { Outcome } from '../decision.ts';
import type { Draft } from '../draft.ts';
import { activityFor, completeActivity } from '../machines/activity.ts';
import { accepted, staleActivity } from './outcomes.ts';

export function decideCompleteActivity(draft: Draft, command: CompleteActivity): Outcome {
  const { scheduledEventId, attempt } = command;
  const activity = activityFor(draft.state, 'finish', scheduledEventId, attempt);
  if (!activity) return staleActivity(command);
  completeActivity(draft, activity, command);
  return accepted;
}
