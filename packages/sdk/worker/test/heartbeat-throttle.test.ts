import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { HeartbeatThrottle, heartbeatInterval } from '../src/activity/heartbeat-throttle.ts';

const INTERVAL_MS = 100;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function throttle() {
  const sent: { details: unknown; at: number }[] = [];
  const begun = Date.now();
  const heartbeats = new HeartbeatThrottle(INTERVAL_MS, (details) => {
    sent.push({ details, at: Date.now() - begun });
  });
  return { heartbeats, sent, details: () => sent.map((each) => each.details) };
}

describe('heartbeats', () => {
  test('the first leaves at once, of those within the interval the last', () => {
    const { heartbeats, details } = throttle();
    for (const n of [1, 2, 3]) heartbeats.record(n);
    expect(details()).toEqual([1]);
    vi.advanceTimersByTime(INTERVAL_MS - 1);
    expect(details()).toEqual([1]);
    vi.advanceTimersByTime(1);
    expect(details()).toEqual([1, 3]);
  });

  test('one after a pause leaves at once', () => {
    const { heartbeats, details } = throttle();
    heartbeats.record(1);
    vi.advanceTimersByTime(INTERVAL_MS);
    heartbeats.record(2);
    expect(details()).toEqual([1, 2]);
  });

  test('without details they are heartbeats too', () => {
    const { heartbeats, details } = throttle();
    heartbeats.record(undefined);
    heartbeats.record(undefined);
    vi.advanceTimersByTime(INTERVAL_MS);
    expect(details()).toEqual([undefined, undefined]);
  });

  test('an attempt that has ended sends none, except what waited when it is flushed', () => {
    const { heartbeats, details } = throttle();
    heartbeats.record(1);
    heartbeats.record(2);
    heartbeats.stop();
    heartbeats.record(3);
    vi.advanceTimersByTime(10 * INTERVAL_MS);
    expect(details()).toEqual([1]);
    heartbeats.flush();
    heartbeats.flush();
    expect(details()).toEqual([1, 2]);
  });

  test('whatever the rhythm: never too often, in order, and the last one arrives', () => {
    const pauses = fc.array(fc.nat({ max: 3 * INTERVAL_MS }), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(pauses, (each) => {
        const { heartbeats, sent } = throttle();
        each.forEach((pause, n) => {
          heartbeats.record(n);
          vi.advanceTimersByTime(pause);
        });
        vi.advanceTimersByTime(INTERVAL_MS);
        expect(sent[0]).toEqual({ details: 0, at: 0 });
        expect(sent.at(-1)?.details).toBe(each.length - 1);
        for (let i = 1; i < sent.length; i++) {
          expect(sent[i]!.at - sent[i - 1]!.at).toBeGreaterThanOrEqual(INTERVAL_MS);
          expect(sent[i]!.details).toBeGreaterThan(sent[i - 1]!.details as number);
        }
        heartbeats.stop();
      }),
    );
  });
});

describe('the interval', () => {
  const limits = { maxHeartbeatThrottleMs: 60_000, defaultHeartbeatThrottleMs: 30_000 };

  test.each([
    ['is 0.8 times the time-out', 10_000, 8_000],
    ['has a most', 1_000_000, 60_000],
    ['has a default where there is no time-out', undefined, 30_000],
    ['has a default where the time-out is 0', 0, 30_000],
  ])('%s', (_, timeoutMs, intervalMs) => {
    expect(heartbeatInterval(timeoutMs, limits)).toBe(intervalMs);
  });

  test('has a most where there is no time-out, too', () => {
    const tight = { ...limits, maxHeartbeatThrottleMs: 5_000 };
    expect(heartbeatInterval(undefined, tight)).toBe(5_000);
  });
});
