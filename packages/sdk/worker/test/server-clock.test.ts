import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ServerClock } from '../src/session/server-clock.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['performance', 'Date', 'setTimeout'] }));
afterEach(() => void vi.useRealTimers());

test('goes on from the time that came with the least delay', () => {
  const clock = new ServerClock();
  clock.observe(1_000_000);
  vi.advanceTimersByTime(100);
  expect(clock.now()).toBe(1_000_100);
  clock.observe(1_000_050);
  expect(clock.now()).toBe(1_000_100);
  clock.observe(1_000_120);
  expect(clock.now()).toBe(1_000_120);
});

test('is not moved by a change of the time of this machine', () => {
  const clock = new ServerClock();
  clock.observe(1_000_000);
  for (const jump of [-3_600_000, 7_200_000]) {
    vi.setSystemTime(Date.now() + jump);
    expect(clock.now()).toBe(1_000_000);
  }
});

test('forgets what it has not heard for long: clocks drift apart', () => {
  const clock = new ServerClock();
  clock.observe(1_000_000);
  vi.advanceTimersByTime(60_001);
  clock.observe(1_059_000);
  expect(clock.now()).toBe(1_059_000);
});

test('knows whole milliseconds only', () => {
  const clock = new ServerClock();
  vi.advanceTimersByTime(0.4);
  clock.observe(1_000_000);
  vi.advanceTimersByTime(1.7);
  expect(Number.isInteger(clock.now())).toBe(true);
});

test('is this machine’s as long as the server has said nothing', () => {
  expect(new ServerClock().now()).toBe(Date.now());
});
