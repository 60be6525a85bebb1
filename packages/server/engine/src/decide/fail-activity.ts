/** An attempt failed; the retry policy decides what follows (semantics 3–6, 11–13). */
import type { FailActivity } from '../command.ts';
import type { Outcome } from '../decision.ts';
import type { Draft } from '../draft.ts';
import { activityFor, failActivity } from '../machines/activity.ts';
import { accepted, staleActivity } from './outcomes.ts';

export function decideFailActivity(draft: Draft, command: FailActivity): Outcome {
  const { scheduledEventId, attempt, failure, identity } = command;
  const activity = activityFor(draft.state, 'finish', scheduledEventId, attempt);
  if (!activity) return staleActivity(command);
  failActivity(draft, activity, failure, identity);
  return accepted;
}
