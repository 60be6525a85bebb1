/**
 * Histories in Temporal's JSON, as Perdure 0.1.0 recorded and wrote them, each beside the bytes of
 * its events. They stand in people's archives, so these must be read for ever; never change one, add
 * others beside them. In `through-temporal`, the same after Temporal's own TypeScript SDK 1.24.0 has
 * read and written them.
 */
import { readFileSync, readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  type HistoryEvent,
  decodeEvents,
  encodeEvents,
  fromTemporalJson,
  toTemporalJson,
} from '../src/index.ts';

const golden = new URL('./golden/', import.meta.url);
const jsonOf = (file: string): unknown => JSON.parse(readFileSync(new URL(file, golden), 'utf8'));
const namesIn = (folder: string) =>
  readdirSync(new URL(folder, golden))
    .filter((file) => file.endsWith('.json'))
    .map((file) => file.slice(0, -'.json'.length));

function bytesOf(name: string): Buffer {
  return Buffer.from(readFileSync(new URL(`${name}.events.txt`, golden), 'utf8'), 'base64');
}

const hex = (events: readonly HistoryEvent[]) => Buffer.from(encodeEvents(events)).toString('hex');

describe('histories of Perdure 0.1.0', () => {
  it.each(namesIn('.'))('%s is read to the same bytes', (name) => {
    expect(hex(fromTemporalJson(jsonOf(`${name}.json`)).events)).toBe(
      bytesOf(name).toString('hex'),
    );
  });

  it.each(namesIn('.'))('%s is told in Temporal’s terms alone', (name) => {
    const there = toTemporalJson({ events: decodeEvents(bytesOf(name)) });
    for (const event of there.events) expect(event.perdure ?? {}).not.toHaveProperty('event');
  });

  it.each(namesIn('through-temporal/'))('%s comes back from Temporal’s SDK unchanged', (name) => {
    const there = jsonOf(`through-temporal/${name}.json`);
    expect(hex(fromTemporalJson(there).events)).toBe(bytesOf(name).toString('hex'));
  });

  it('FooBar has its 17 events', () => {
    const { events } = jsonOf('foobar.json') as { events: { eventType: string }[] };
    const task = ['WORKFLOW_TASK_SCHEDULED', 'WORKFLOW_TASK_STARTED', 'WORKFLOW_TASK_COMPLETED'];
    const activity = [
      'ACTIVITY_TASK_SCHEDULED',
      'ACTIVITY_TASK_STARTED',
      'ACTIVITY_TASK_COMPLETED',
    ];
    expect(events.map(({ eventType }) => eventType.slice('EVENT_TYPE_'.length))).toEqual([
      'WORKFLOW_EXECUTION_STARTED',
      ...task,
      ...activity,
      ...task,
      ...activity,
      ...task,
      'WORKFLOW_EXECUTION_COMPLETED',
    ]);
  });
});

it('a history is the same with what a server of Temporal’s writes besides', () => {
  const plain = jsonOf('foobar.json') as { events: Record<string, unknown>[] };
  const workerVersion = { buildId: '@temporalio/worker@1.13.1' };
  const events = plain.events.map((event, index) => {
    const key = Object.keys(event).find((each) => each.endsWith('EventAttributes'))!;
    const attributes = event[key] as Record<string, unknown>;
    const queue = attributes.taskQueue as { name: string } | undefined;
    const isSticky = event.eventType === 'EVENT_TYPE_WORKFLOW_TASK_SCHEDULED' && index > 2;
    return {
      ...event,
      eventTime: (event.eventTime as string).replace('Z', '670Z'),
      version: '0',
      taskId: String(1_048_587 + index),
      workerMayIgnore: false,
      [key]: {
        ...attributes,
        ...(key.includes('TaskStarted') && { requestId: 'c234f432-3d91-4391-a647-d2cb1313ebab' }),
        ...(key.includes('TaskCompleted') && { sdkMetadata: {}, meteringMetadata: {} }),
        ...(key.includes('Started') && { workerVersion }),
        ...(key.includes('ExecutionStarted') && {
          parentWorkflowNamespace: '',
          parentInitiatedEventId: '0',
          parentWorkflowExecution: null,
          workflowExecutionTimeout: '0s',
          firstWorkflowTaskBackoff: '0s',
          continuedExecutionRunId: '',
          cronSchedule: '',
          initiator: 'CONTINUE_AS_NEW_INITIATOR_UNSPECIFIED',
        }),
        ...(queue && isSticky
          ? {
              taskQueue: {
                name: 'worker-1-2ddaef81',
                kind: 'TASK_QUEUE_KIND_STICKY',
                normalName: queue.name,
              },
            }
          : {}),
      },
    };
  });
  expect(hex(fromTemporalJson({ events }).events)).toBe(bytesOf('foobar').toString('hex'));
});
