/** Rules 1, 3, 4, 7 and 8 of the semantics. Buffering (2, 5) has a file of its own. */
import { eventsOf } from '@perdure/test-support';
import { expect } from 'vitest';
import { historyOf, shape, useFixture } from './fixture.ts';

const { scenario } = useFixture('ground-rules');

scenario(
  'rule 1: what comes before a task is taken comes after its schedule',
  async ({ start, whileServedBy }) => {
    const handle = await start('measures');
    await handle.signal('unknown');
    await handle.cancel('not now');
    await handle.signal('unknown');
    const ended = whileServedBy('ground-rules', () => handle.result().catch(() => 'cancelled'));
    expect(await ended).toBe('cancelled');
    expect(await shape(handle)).toBe('S Ts Sig CR Sig Tst Tc CANCELED');
  },
  false,
);

scenario('rule 3: the events of commands name the task that gave them', async ({ start }) => {
  const handle = await start('counts');
  await handle.result();
  const events = await historyOf(handle);
  expect(events.map(({ eventId }) => eventId)).toEqual(events.map((_, i) => i + 1));
  for (const { attributes } of eventsOf(events, 'TimerStarted')) {
    expect(attributes.workflowTaskCompletedEventId).toBe(4);
  }
});

scenario('rule 4: commands after the close come before it', async ({ start }) => {
  const handle = await start('asksAfterReturn');
  expect(await handle.result()).toBe('returned');
  expect(await shape(handle)).toBe('S T Tm+ OK');
});

scenario(
  'rule 4: a workflow closes as it does first',
  async ({ start, whileServedBy }) => {
    const handle = await start('failsAfterReturn');
    await handle.signal('fail');
    expect(await whileServedBy('ground-rules', () => handle.result())).toBe('returned');
    expect(await shape(handle)).toBe('S Ts Sig Tst Tc OK');
  },
  false,
);

scenario('rule 7: timers and activities are numbered by kind', async ({ start }) => {
  const handle = await start('counts');
  await handle.result();
  const events = await historyOf(handle);
  const timers = eventsOf(events, 'TimerStarted').map(({ attributes }) => attributes.timerId);
  const activities = eventsOf(events, 'ActivityTaskScheduled');
  expect(timers).toEqual(['1', '2', '3']);
  expect(activities.map(({ attributes }) => attributes.activityId)).toEqual(['1', '2']);
  expect(await shape(handle)).toBe('S T Tm+ As Tm+ As Tm+ Tm! T Tm! T Tm! T OK');
});

scenario('rule 8: the history is as long as when the task began', async ({ start }) => {
  const handle = await start('measures');
  expect(await handle.result()).toEqual([3, 8]);
  expect(await shape(handle)).toBe('S T Tm+ Tm! T OK');
});
