/** A worker session takes a waiting attempt. No event is written until its outcome (rule 6). */
import type { StartActivity } from '../command.ts';
import type { Outcome } from '../decision.ts';
import type { Draft } from '../draft.ts';
import { activityFor, startActivity } from '../machines/activity.ts';
import { accepted, staleActivity } from './outcomes.ts';

export function decideStartActivity(draft: Draft, command: StartActivity): Outcome {
  const { scheduledEventId, attempt, session, identity } = command;
  const activity = activityFor(draft.state, 'start', scheduledEventId, attempt);
  if (!activity) return staleActivity(command);
  startActivity(draft, activity, session, identity);
  return accepted;
}
