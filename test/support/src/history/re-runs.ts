/** Promise 3, checked from outside: a step whose result is recorded never runs again. */
import type { HistoryEvent } from '@perdure/protocol';
import type { Execution } from '../ledger.ts';

/** Clocks of processes on one machine agree, event times are whole milliseconds. */
const CLOCK_SLACK_MS = 5;

/**
 * Executions that should not have been, described; empty when all is well. An execution is wrong
 * when its step was recorded before it began, when its attempt is later than the recorded one, or
 * when the same attempt was executed twice.
 *
 * @param executions those of the run that `events` is the history of
 */
export function recordedStepsReRun(
  events: readonly HistoryEvent[],
  executions: readonly Execution[],
): string[] {
  const recorded = recordedSteps(events);
  const seen = new Set<string>();
  const wrong: string[] = [];
  for (const { workflowId, activityId, activityType, attempt, begunAt } of executions) {
    const what = `${workflowId}: attempt ${attempt} of activity ${activityId} (${activityType})`;
    if (seen.has(`${activityId}/${attempt}`)) wrong.push(`${what} was executed twice`);
    seen.add(`${activityId}/${attempt}`);
    const step = recorded.get(activityId);
    if (!step) continue;
    if (attempt > step.attempt) wrong.push(`${what} ran; attempt ${step.attempt} is recorded`);
    const late = begunAt - step.recordedAt;
    if (late > CLOCK_SLACK_MS) wrong.push(`${what} began ${late} ms after a result was recorded`);
  }
  return wrong;
}

/** Attempt and time of what was recorded, by activity id. */
function recordedSteps(
  events: readonly HistoryEvent[],
): Map<string, { attempt: number; recordedAt: number }> {
  const steps = new Map<string, { attempt: number; recordedAt: number }>();
  for (const event of events) {
    if (event.eventType !== 'ActivityTaskCompleted') continue;
    const scheduled = events[event.attributes.scheduledEventId - 1];
    const started = events[event.attributes.startedEventId - 1];
    if (scheduled?.eventType !== 'ActivityTaskScheduled') continue;
    if (started?.eventType !== 'ActivityTaskStarted') continue;
    const { attempt } = started.attributes;
    steps.set(scheduled.attributes.activityId, { attempt, recordedAt: event.eventTime });
  }
  return steps;
}
