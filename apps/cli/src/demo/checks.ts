/** What the demo claims, as checks that can fail. */
import { readFileSync } from 'node:fs';
import type { HistoryEvent } from '@perdure/protocol';

/** A claim of the demo turned out to be false. */
export class DemoCheckError extends Error {
  override readonly name = 'DemoCheckError';
}

/** @throws DemoCheckError unless it holds */
export function check(holds: boolean, claim: string, seen: unknown): asserts holds {
  if (holds) return;
  throw new DemoCheckError(`Not as promised: ${claim}. Seen: ${JSON.stringify(seen)}`);
}

const workflowTask = ['WorkflowTaskScheduled', 'WorkflowTaskStarted', 'WorkflowTaskCompleted'];
const activityTask = ['ActivityTaskScheduled', 'ActivityTaskStarted', 'ActivityTaskCompleted'];

/** Two activities in a row: 17 events (features A2, number 8). */
const fooBarEvents = [
  'WorkflowExecutionStarted',
  ...workflowTask,
  ...activityTask,
  ...workflowTask,
  ...activityTask,
  ...workflowTask,
  'WorkflowExecutionCompleted',
];

/** @throws DemoCheckError unless the history is that of FooBar, type by type */
export function checkFooBarHistory(events: readonly HistoryEvent[]): void {
  check(events.length === fooBarEvents.length, 'the history has 17 events', events.length);
  for (const [index, wanted] of fooBarEvents.entries()) {
    const { eventId, eventType } = events[index]!;
    const claim = `event ${index + 1} is ${wanted}`;
    check(eventId === index + 1 && eventType === wanted, claim, { eventId, eventType });
  }
}

/** How often the body of an activity has begun, by the ledger that lies outside Perdure. */
export function timesRun(ledger: string, activity: string): number {
  const lines = readFileSync(ledger, 'utf8').split('\n');
  return lines.filter((line) => line.startsWith(`${activity} `)).length;
}
