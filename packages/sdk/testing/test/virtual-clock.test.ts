import fc from 'fast-check';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { VirtualClock } from '../src/time-skipping/virtual-clock.ts';

let clock: VirtualClock;

beforeEach(() => {
  vi.useFakeTimers({
    toFake: ['setTimeout', 'clearTimeout', 'setImmediate', 'clearImmediate', 'performance', 'Date'],
  });
  clock = new VirtualClock();
});
afterEach(() => {
  clock.close();
  vi.useRealTimers();
});

test('begins at the time of the machine and runs like it', async () => {
  expect(Math.abs(clock.now() - Date.now())).toBeLessThanOrEqual(1);
  const before = clock.now();
  await vi.advanceTimersByTimeAsync(5_000);
  expect(clock.now() - before).toBe(5_000);
});

test('jumps forward, never back', () => {
  const before = clock.now();
  clock.jumpTo(before + 1_000_000);
  expect(clock.now()).toBe(before + 1_000_000);
  clock.jumpTo(before);
  expect(clock.now()).toBe(before + 1_000_000);
});

test('a wait of longer than a timer of the runtime can hold ends on time', async () => {
  const rang = vi.fn<() => void>();
  clock.set(60 * 24 * 3_600_000, rang);
  await vi.advanceTimersByTimeAsync(59 * 24 * 3_600_000);
  expect(rang).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(24 * 3_600_000 + 2);
  expect(rang).toHaveBeenCalledTimes(1);
});

test('each alarm rings once, no sooner than its time and as soon as it has come', async () => {
  const step = fc.record({
    kind: fc.constantFrom('jump', 'pass', 'set', 'cancel'),
    ms: fc.nat(10_000),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const own = new VirtualClock();
      const alarms: { at: number; rang: number[]; cancel: () => void; cancelled: boolean }[] = [];
      for (const { kind, ms } of steps) {
        if (kind === 'jump') own.jumpTo(own.now() + ms);
        else if (kind === 'set') {
          const rang: number[] = [];
          const cancel = own.set(ms, () => rang.push(own.now()));
          alarms.push({ at: own.now() + ms, rang, cancel, cancelled: false });
        } else if (kind === 'cancel') {
          const alarm = alarms[ms % Math.max(alarms.length, 1)];
          if (alarm?.rang.length === 0) {
            alarm.cancelled = true;
            alarm.cancel();
          }
        }
        await vi.advanceTimersByTimeAsync(kind === 'pass' ? ms : 1);
      }
      await vi.advanceTimersByTimeAsync(2);
      for (const { at, rang, cancelled } of alarms) {
        const due = !cancelled && at <= own.now() - 2;
        if (due) expect(rang).toHaveLength(1);
        expect(rang.length).toBeLessThanOrEqual(cancelled ? 0 : 1);
        for (const time of rang) expect(time).toBeGreaterThanOrEqual(at);
      }
      own.close();
    }),
  );
});

test('nothing rings once it is closed', async () => {
  const rang = vi.fn<() => void>();
  clock.set(10, rang);
  clock.close();
  await vi.advanceTimersByTimeAsync(100);
  expect(rang).not.toHaveBeenCalled();
});
