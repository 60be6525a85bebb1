/** The pending view: where a workflow stands and what it waits for. */
import type { PendingActivityInfo, WorkflowExecutionDescription } from '@perdure/client';
import { facts, showTime, table } from '../terminal/print.ts';
import { failureText } from './open-history.ts';

/** @param now milliseconds since the Unix epoch */
export function showDescription(
  found: Omit<WorkflowExecutionDescription, 'raw'>,
  now: number,
): string {
  const overview = facts({
    'workflow id': found.workflowId,
    'run id': found.runId,
    type: found.type,
    'task queue': found.taskQueue,
    status: found.status.name,
    started: showTime(found.startTime),
    closed: showTime(found.closeTime),
    events: String(found.historyLength),
  });
  return [overview, ...pendingActivities(found, now), ...unserved(found)].join('\n\n');
}

function pendingActivities(
  found: Pick<WorkflowExecutionDescription, 'pendingActivities'>,
  now: number,
): string[] {
  if (found.pendingActivities.length === 0) return [];
  const pending = table(
    ['PENDING ACTIVITY', 'STATE', 'ATTEMPT', 'NEXT', 'LAST FAILURE'],
    found.pendingActivities.map((activity) => [
      activity.activityType,
      activity.state,
      attemptText(activity),
      nextAttemptText(activity, now),
      activity.lastFailure ? failureText(activity.lastFailure) : '-',
    ]),
  );
  return [pending];
}

/** Why nobody runs what waits. */
function unserved({
  pendingWorkflowTask,
  pendingActivities: activities,
}: Pick<WorkflowExecutionDescription, 'pendingWorkflowTask' | 'pendingActivities'>): string[] {
  const reasons = [pendingWorkflowTask, ...activities].map((task) => task?.unserved);
  return [...new Set(reasons)].filter((reason) => reason !== undefined);
}

function attemptText({ attempt, maximumAttempts }: PendingActivityInfo): string {
  return maximumAttempts > 0 ? `${attempt} of ${maximumAttempts}` : String(attempt);
}

/** `in 3.8 s`, `now`, or `-` when no attempt is planned. */
function nextAttemptText({ nextAttemptTime }: PendingActivityInfo, now: number): string {
  if (nextAttemptTime === undefined) return '-';
  const ms = nextAttemptTime.getTime() - now;
  return ms > 0 ? `in ${(ms / 1000).toFixed(1)} s` : 'now';
}
