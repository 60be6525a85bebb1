/**
 * Progress of a running attempt (semantics 9). A worker that missed a requested cancellation is
 * told again.
 */
import type { HeartbeatActivity } from '../command.ts';
import type { Outcome } from '../decision.ts';
import type { Draft } from '../draft.ts';
import { activityFor } from '../machines/activity.ts';
import { accepted, staleActivity } from './outcomes.ts';

export function decideHeartbeatActivity(draft: Draft, command: HeartbeatActivity): Outcome {
  const { scheduledEventId, attempt, details } = command;
  const activity = activityFor(draft.state, 'heartbeat', scheduledEventId, attempt);
  if (!activity) return staleActivity(command);
  draft.setActivity(activity, { lastHeartbeatAt: draft.now, heartbeatDetails: details });
  if (activity.cancelRequestedEventId > 0)
    draft.offer({ kind: 'cancelActivity', scheduledEventId });
  return accepted;
}
