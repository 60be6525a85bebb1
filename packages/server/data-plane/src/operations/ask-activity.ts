/** Commands for an activity that is completed from outside its worker (semantics 14). */
import { PerdureServiceError } from '@perdure/common';
import type { ActivityTarget, NamespaceCaller } from '@perdure/contract';
import {
  type ActivityState,
  type CancelActivity,
  type CompleteActivity,
  type ExecutionState,
  type FailActivity,
  type HeartbeatActivity,
  activityPhaseOf,
} from '@perdure/engine';
import { ask } from './ask.ts';
import { findRun } from './find-run.ts';
import type { OperationParts } from './parts.ts';

type ActivityCommand = CompleteActivity | FailActivity | CancelActivity | HeartbeatActivity;

/** A call about an activity, as it came. */
interface ActivityCall {
  readonly activity: ActivityTarget;
  readonly requestId?: string;
}

/** The attempt that a call means. */
interface Attempt {
  readonly scheduledEventId: number;
  readonly attempt: number;
}

/**
 * Applies a command to the attempt that a call means, once for each request id.
 *
 * @returns the activity as it was before; undefined when the call had been answered before
 * @throws PerdureServiceError ACTIVITY_NOT_FOUND when that attempt does not run (any more)
 */
export async function askActivity(
  parts: OperationParts,
  { namespaceId }: NamespaceCaller,
  { activity, requestId }: ActivityCall,
  commandFor: (attempt: Attempt) => ActivityCommand,
): Promise<ActivityState | undefined> {
  const { committer, clock } = parts;
  const key = { namespaceId, workflowId: activity.workflowId };
  try {
    const state = await findRun(parts, key, activity.runId);
    const { runId } = state;
    const found = runningActivity(state, activity);
    if (found) {
      const call = { command: commandFor(found), runId, requestId, now: clock.now() };
      await ask(committer, key, call);
      return found;
    }
    if (requestId !== undefined && (await committer.wasAnswered({ ...key, runId }, requestId))) {
      return undefined;
    }
  } catch (error) {
    if (!isAbsence(error)) throw error;
  }
  throw activityNotFound(activity);
}

function runningActivity(state: ExecutionState, target: ActivityTarget): ActivityState | undefined {
  for (const activity of state.activities.values()) {
    if (isMeant(activity, target) && activityPhaseOf(activity) === 'started') return activity;
  }
  return undefined;
}

function isMeant(activity: ActivityState, target: ActivityTarget): boolean {
  if ('activityId' in target) return activity.activityId === target.activityId;
  const { scheduledEventId, attempt } = target;
  return activity.scheduledEventId === scheduledEventId && activity.attempt === attempt;
}

/** No such run, or the attempt has ended between the look and the command. */
function isAbsence(error: unknown): boolean {
  if (!(error instanceof PerdureServiceError)) return false;
  return error.code === 'WORKFLOW_NOT_FOUND' || error.code === 'ACTIVITY_NOT_FOUND';
}

function activityNotFound(target: ActivityTarget): PerdureServiceError {
  const { workflowId, runId } = target;
  const activityId = 'activityId' in target ? target.activityId : undefined;
  const which =
    activityId === undefined ? 'this attempt of the activity' : `activity '${activityId}'`;
  return new PerdureServiceError(
    'ACTIVITY_NOT_FOUND',
    `${which} of workflow '${workflowId}' does not run: it has ended, timed out, is between two attempts, or never was; stop working on it`,
    { workflowId, runId, activityId },
  );
}
