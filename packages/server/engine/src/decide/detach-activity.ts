/**
 * The worker has let go of a running attempt, which someone else will complete (semantics 14). Its
 * deadlines run on; the loss of that worker no longer concerns it.
 */
import type { DetachActivity } from '../command.ts';
import type { Outcome } from '../decision.ts';
import type { Draft } from '../draft.ts';
import { activityFor } from '../machines/activity.ts';
import { accepted, staleActivity } from './outcomes.ts';

export function decideDetachActivity(draft: Draft, command: DetachActivity): Outcome {
  const activity = activityFor(draft.state, 'detach', command.scheduledEventId, command.attempt);
  if (!activity) return staleActivity(command);
  draft.setActivity(activity, { session: undefined });
  return accepted;
}
