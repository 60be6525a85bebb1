import {
  Stage,
  bundleOf,
  clientOf,
  eventTypes,
  newDataDirectory,
  startPlatform,
  startWorker,
} from '@perdure/test-support';
import { describe, expect, it, onTestFinished } from 'vitest';
import { historyOf, useFixture, workflowsPathOf } from './fixture.ts';

const seventeen = [
  'WorkflowExecutionStarted',
  'WorkflowTaskScheduled',
  'WorkflowTaskStarted',
  'WorkflowTaskCompleted',
  'ActivityTaskScheduled',
  'ActivityTaskStarted',
  'ActivityTaskCompleted',
  'WorkflowTaskScheduled',
  'WorkflowTaskStarted',
  'WorkflowTaskCompleted',
  'ActivityTaskScheduled',
  'ActivityTaskStarted',
  'ActivityTaskCompleted',
  'WorkflowTaskScheduled',
  'WorkflowTaskStarted',
  'WorkflowTaskCompleted',
  'WorkflowExecutionCompleted',
];

const activities = {
  foo: async (name: string) => `foo(${name})`,
  bar: async (name: string) => `bar(${name})`,
};

describe('FooBar', () => {
  const fixture = useFixture('foobar');

  it('leaves the seventeen events of two activities, type by type', async () => {
    await fixture.worker({ activities });
    const handle = await fixture.start('fooBar', 'x');
    expect(await handle.result()).toBe('bar(foo(x))');
    expect(eventTypes(await historyOf(handle))).toEqual(seventeen);
  });

  it('leaves the same events when nothing is cached and each task is a replay', async () => {
    await fixture.worker({ activities, maxCachedWorkflows: 0 });
    const handle = await fixture.start('fooBar', 'y');
    expect(await handle.result()).toBe('bar(foo(y))');
    expect(eventTypes(await historyOf(handle))).toEqual(seventeen);
  });

  it('leaves the same events when the activities run on another worker', async () => {
    await fixture.worker();
    await fixture.activityWorker({ activities });
    const handle = await fixture.start('fooBar', 'z');
    expect(await handle.result()).toBe('bar(foo(z))');
    expect(eventTypes(await historyOf(handle))).toEqual(seventeen);
  });

  it('shows the whole history to a namespace without a key ring, every payload sealed', async () => {
    await fixture.worker({ activities });
    const handle = await fixture.start('fooBar', 'sealed');
    await handle.result();
    const { platform, stage } = fixture;
    const blind = await clientOf(stage, platform, { keyRing: null });
    const { events } = await blind.workflow.getHandle(handle.workflowId).fetchHistory();
    expect(eventTypes(events)).toEqual(seventeen);
    const blobs = events.flatMap((event) =>
      Object.values(event.attributes).filter((value) => value instanceof Uint8Array),
    );
    expect(blobs.map((blob) => blob[0])).toEqual(Array(6).fill(2));
  });
});

it('FooBar goes on where it was after a restart of the platform', async () => {
  const stage = new Stage();
  onTestFinished(() => stage.close());
  const dataDir = newDataDirectory(stage);
  const first = new Stage();
  stage.add('first platform', () => first.close());
  const before = await startPlatform(first, { dataDir });
  const { workflow } = await clientOf(first, before);
  const options = { taskQueue: 'q', workflowId: 'restarted', args: ['x'] };
  const { firstExecutionRunId } = await workflow.start('fooBar', options);
  await first.close();

  const after = await startPlatform(stage, { dataDir });
  expect([after.apiKey, after.namespace]).toEqual([before.apiKey, before.namespace]);
  const handle = (await clientOf(stage, after)).workflow.getHandle('restarted');
  expect((await handle.describe()).runId).toBe(firstExecutionRunId);
  const workflowBundle = await bundleOf(workflowsPathOf('foobar'));
  await startWorker(stage, after, { taskQueue: 'q', workflowBundle, activities });
  expect(await handle.result()).toBe('bar(foo(x))');
  expect(eventTypes(await historyOf(handle))).toEqual(seventeen);
});
