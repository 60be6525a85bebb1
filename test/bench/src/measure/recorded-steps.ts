/** What a history says about the steps that are done. */
import type { HistoryEvent } from '@perdure/protocol';

/** An activity whose completion is in the history. */
export interface RecordedStep {
  readonly activityType: string;
  /** The one that completed. */
  readonly attempt: number;
  /** Milliseconds since the Unix epoch, by the server's clock. */
  readonly recordedAt: number;
}

export function recordedSteps(events: readonly HistoryEvent[]): RecordedStep[] {
  const types = new Map<number, string>();
  const attempts = new Map<number, number>();
  const steps: RecordedStep[] = [];
  for (const { eventId, eventTime, eventType, attributes } of events) {
    if (eventType === 'ActivityTaskScheduled') types.set(eventId, attributes.activityType);
    if (eventType === 'ActivityTaskStarted') attempts.set(eventId, attributes.attempt);
    if (eventType !== 'ActivityTaskCompleted') continue;
    const activityType = types.get(attributes.scheduledEventId);
    const attempt = attempts.get(attributes.startedEventId);
    if (activityType === undefined || attempt === undefined) {
      throw new Error(`event ${eventId} completes an activity that was not scheduled and started`);
    }
    steps.push({ activityType, attempt, recordedAt: eventTime });
  }
  return steps;
}
