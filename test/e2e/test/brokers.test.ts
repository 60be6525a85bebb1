/** Tasks that wait, on Redis and on the Postgres backend: the same from outside. */
import type { BrokerChoice } from '@perdure/embedded';
import { eventTypes, eventually } from '@perdure/test-support';
import { describe, expect, it } from 'vitest';
import { historyOf, shape, useFixture } from './fixture.ts';

const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i);
const activities = { act: async (value: number) => value };

describe.each<BrokerChoice>(['redis', 'postgres'])('with the broker on %s', (broker) => {
  const fixture = useFixture('workers', { broker });

  it('keeps its place where it was told to', () => {
    expect(fixture.platform.broker.startsWith(`${broker}:`)).toBe(true);
  });

  it('a run leaves the same history', async () => {
    await fixture.worker({ activities });
    const handle = await fixture.start('row', 2);
    expect(await handle.result()).toEqual([0, 1]);
    expect(eventTypes(await historyOf(handle))).toHaveLength(17);
    expect(await shape(handle)).toBe('S T As Ast Ac T As Ast Ac T OK');
  });

  it('workflows wait for their first worker', async () => {
    const handles = await Promise.all(upTo(100).map(() => fixture.start('row', 2)));
    await fixture.worker({ activities });
    for (const handle of handles) expect(await handle.result()).toEqual([0, 1]);
  });

  it('activities wait for a worker that has them, and are done in the order they came', async () => {
    await fixture.worker();
    const handle = await fixture.start('crowd', 40);
    await eventually(async () => {
      expect((await handle.describe()).pendingActivities).toHaveLength(40);
    });
    const order: number[] = [];
    const act = async (value: number): Promise<number> => {
      order.push(value);
      return value;
    };
    await fixture.activityWorker({ activities: { act }, maxConcurrentActivityTaskExecutions: 1 });
    expect(await handle.result()).toBe((40 * 39) / 2);
    expect(order).toEqual(upTo(40));
  });

  it('what waits on one worker that leaves goes to the next', async () => {
    const slow = async (value: number): Promise<number> => {
      await new Promise((resolve) => setTimeout(resolve, 20));
      return value;
    };
    const first = await fixture.worker({
      activities: { act: slow },
      maxConcurrentActivityTaskExecutions: 2,
      shutdownGraceTime: '5s',
    });
    const handle = await fixture.start('crowd', 60);
    await eventually(() => expect(first.worker.getStatus().numInFlightActivities).toBe(2));
    await first.stop();
    await fixture.worker({ activities });
    expect(await handle.result()).toBe((60 * 59) / 2);
  });

  it('workers come and go while work waits', async () => {
    const handles = await Promise.all(upTo(30).map(() => fixture.start('row', 6)));
    for (let i = 0; i < 4; i++) {
      const worker = await fixture.worker({ activities, maxConcurrentWorkflowTaskExecutions: 2 });
      await new Promise((resolve) => setTimeout(resolve, 40));
      await worker.stop();
    }
    await fixture.worker({ activities });
    for (const handle of handles) {
      expect(await handle.result()).toEqual(upTo(6));
      // A worker that leaves in an orderly way loses nothing: no task waits for its time-out.
      const types = eventTypes(await historyOf(handle));
      expect(types).not.toContain('WorkflowTaskTimedOut');
    }
  });
});
