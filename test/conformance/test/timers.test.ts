/** Scenarios 15–20: timers, conditions, and what is under way when a workflow returns. */
import { eventsOf, eventually } from '@perdure/test-support';
import { expect } from 'vitest';
import { historyOf, shape, useFixture } from './fixture.ts';

const { scenario } = useFixture('timers');
const cancelled = ['CancelledFailure: Cancellation scope cancelled'];

scenario('15: a timer', async ({ start }) => {
  const handle = await start('oneTimer');
  expect(await handle.result()).toBe('slept');
  expect(await shape(handle)).toBe('S T Tm+ Tm! T OK');
  const [started] = eventsOf(await historyOf(handle), 'TimerStarted');
  expect(started?.attributes).toMatchObject({ timerId: '1', startToFireTimeoutMs: 100 });
});

scenario('16: a timer is cancelled when another has fired', async ({ start }) => {
  const handle = await start('longerCancelled');
  expect(await handle.result()).toEqual(cancelled);
  expect(await shape(handle)).toBe('S T Tm+ Tm+ Tm! T Tm- OK');
  const events = await historyOf(handle);
  expect(eventsOf(events, 'TimerFired')[0]?.attributes.timerId).toBe('2');
  expect(eventsOf(events, 'TimerCanceled')[0]?.attributes.timerId).toBe('1');
});

scenario('17: a timer cancelled in the task that made it leaves no trace', async ({ start }) => {
  const handle = await start('cancelledAtOnce');
  expect(await handle.result()).toEqual(cancelled);
  expect(await shape(handle)).toBe('S T OK');
});

scenario('18: a condition does not come true in time', async ({ start }) => {
  const handle = await start('conditional', ['1 day']);
  expect(await handle.result()).toBe(false);
  expect(await shape(handle)).toBe('S T Tm+ Tm! T OK');
});

scenario('18: a condition comes true in time', async ({ start }) => {
  const handle = await start('conditional', ['1 day']);
  await eventually(async () => expect(await shape(handle)).toBe('S T Tm+'));
  await handle.signal('go');
  expect(await handle.result()).toBe(true);
  expect(await shape(handle)).toBe('S T Tm+ Sig T Tm- OK');
});

scenario('18: a condition that is true already needs no timer', async ({ start }) => {
  const handle = await start('conditionAlreadyTrue');
  expect(await handle.result()).toBe(true);
  expect(await shape(handle)).toBe('S T OK');
});

scenario('19: a timeout around a timer', async ({ start }) => {
  const handle = await start('timeoutInside');
  expect(await handle.result()).toEqual(cancelled);
  expect(await shape(handle)).toBe('S T Tm+ Tm+ Tm! T Tm- OK');
});

scenario('19: the timer of a timeout is cancelled when the work is done', async ({ start }) => {
  const handle = await start('inTime');
  expect(await handle.result()).toBe('in time');
  expect(await shape(handle)).toBe('S T Tm+ Tm+ Tm! T Tm- OK');
});

scenario('20: what nobody waits for is asked for before the close', async ({ start }) => {
  const handle = await start('unawaited');
  expect(await handle.result()).toBe('gone');
  expect(await shape(handle)).toBe('S T As Tm+ OK');
});
