/** Two ways to look at one history: as the business sees it, and event by event. */
import { paintFor } from '../terminal/style.ts';
import { table } from '../terminal/print.ts';
import type { OpenedEvent } from './open-history.ts';

/** A finished or running activity. */
interface Step {
  readonly name: string;
  readonly scheduled: OpenedEvent;
  started?: OpenedEvent;
  closed?: OpenedEvent;
}

/** The workflow's input, its activities with inputs, results, attempts and durations, its end. */
export function showBusinessView(events: readonly OpenedEvent[]): string {
  const paint = paintFor(process.stdout);
  const [first] = events;
  const last = events.at(-1);
  if (!first || !last) return '(no events)';
  const lines = [`${paint('bold', String(first.attributes['workflowType']))}  ${args(first)}`];
  for (const { name, scheduled, started, closed } of stepsOf(events)) {
    const attempt = Number(started?.attributes['attempt'] ?? 1);
    const tries = attempt > 1 ? `, attempt ${attempt}` : '';
    const took = closed ? seconds(closed.eventTime - scheduled.eventTime) : 'running';
    lines.push(`  ${paint('bold', name)}  ${args(scheduled)}  ${paint('dim', `${took}${tries}`)}`);
    lines.push(`  ${' '.repeat(name.length)}  ${outcome(closed)}`);
  }
  lines.push(`${outcome(last)}  ${paint('dim', seconds(last.eventTime - first.eventTime))}`);
  return lines.join('\n');
}

/** Every event with its time since the start and what it says. */
export function showEvents(events: readonly OpenedEvent[]): string {
  const start = events[0]?.eventTime ?? 0;
  return table(
    ['ID', 'AFTER', 'EVENT', 'DETAILS'],
    events.map((event) => [
      String(event.eventId).padStart(2),
      seconds(event.eventTime - start),
      event.eventType,
      details(event),
    ]),
  );
}

function stepsOf(events: readonly OpenedEvent[]): Step[] {
  const steps = new Map<unknown, Step>();
  for (const event of events) {
    const step = steps.get(event.attributes['scheduledEventId']);
    if (event.eventType === 'ActivityTaskScheduled') {
      const name = String(event.attributes['activityType']);
      steps.set(event.eventId, { name, scheduled: event });
    } else if (step && event.eventType === 'ActivityTaskStarted') {
      step.started = event;
    } else if (step && event.eventType.startsWith('ActivityTask')) {
      step.closed = event;
    }
  }
  return [...steps.values()];
}

function args({ attributes }: OpenedEvent): string {
  const input = attributes['input'];
  return Array.isArray(input) ? `(${input.map(show).join(', ')})` : `(${show(input ?? '')})`;
}

function outcome(event: OpenedEvent | undefined): string {
  if (event === undefined) return '…';
  const { eventType, attributes } = event;
  if (eventType.endsWith('Completed')) return `→ ${show(attributes['result'])}`;
  const why = attributes['failure'] ?? attributes['reason'];
  return why === undefined ? eventType : `${eventType}: ${show(why)}`;
}

/** Fields that say what a reader of one line wants to know. */
const telling = [
  'workflowType',
  'activityType',
  'signalName',
  'timerId',
  'input',
  'result',
  'failure',
  'lastFailure',
  'cause',
  'reason',
] as const;

function details({ eventType, attributes }: OpenedEvent): string {
  const parts = telling
    .filter((field) => attributes[field] !== undefined)
    .map((field) => (field.endsWith('Type') ? String(attributes[field]) : show(attributes[field])));
  const attempt = Number(attributes['attempt'] ?? 1);
  if (eventType === 'ActivityTaskStarted' && attempt > 1) parts.unshift(`attempt ${attempt}`);
  return parts.join('  ');
}

function show(value: unknown): string {
  if (typeof value === 'string') return value;
  return JSON.stringify(value) ?? 'undefined';
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(ms < 10_000 ? 2 : 1)} s`;
}
