import { silentLogger } from '@perdure/common';
import type { DueRun, ExecutionStore, WorkflowKey } from '@perdure/ports';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { TimerPump } from '../src/pumps/timer-pump.ts';

/** Deadlines by workflow id; waking a run disarms it, unless told otherwise. */
class Deadlines {
  readonly armed = new Map<string, number>();
  readonly woken: string[] = [];
  /** Wall clock ahead of the timers'. */
  skew = 0;
  /** Runs that waking does not move. */
  isStuck: (workflowId: string) => boolean = () => false;
  failure: Error | undefined;
  reads = 0;
  beforeNext: () => Promise<void> = async () => {};

  now = (): number => Date.now() + this.skew;

  readonly store = {
    dueRuns: async (now: number, limit: number): Promise<DueRun[]> => {
      this.reads += 1;
      if (this.failure) throw this.failure;
      return [...this.armed]
        .filter(([, wakeAt]) => wakeAt <= now)
        .sort((a, b) => a[1] - b[1])
        .slice(0, limit)
        .map(([workflowId, wakeAt]) => ({ namespaceId: 1, workflowId, runId: workflowId, wakeAt }));
    },
    nextWakeAt: async (now: number): Promise<number | undefined> => {
      const later = [...this.armed.values()].filter((wakeAt) => wakeAt > now);
      await this.beforeNext();
      return later.length > 0 ? Math.min(...later) : undefined;
    },
  } as ExecutionStore;

  wake = async ({ workflowId }: WorkflowKey): Promise<void> => {
    this.woken.push(workflowId);
    if (this.isStuck(workflowId)) throw new Error('stuck');
    this.armed.delete(workflowId);
  };
}

let deadlines: Deadlines;
let pump: TimerPump;

beforeEach(() => {
  vi.useFakeTimers();
  deadlines = new Deadlines();
  const clock = { now: deadlines.now };
  pump = new TimerPump({ store: deadlines.store, clock, log: silentLogger, wake: deadlines.wake });
});
afterEach(() => {
  pump.stop();
  vi.useRealTimers();
});

test('wakes a run when its deadline has come, not before', async () => {
  deadlines.armed.set('a', deadlines.now() + 100_000);
  pump.start();
  await vi.advanceTimersByTimeAsync(99_990);
  expect(deadlines.woken).toEqual([]);
  await vi.advanceTimersByTimeAsync(30);
  expect(deadlines.woken).toEqual(['a']);
});

test('after a start it looks at the runs that may have lost their workers, and is still on time', async () => {
  deadlines.armed.set('a', deadlines.now() + 2_200);
  const wake = vi.fn(async () => {});
  pump = new TimerPump({
    store: deadlines.store,
    clock: { now: deadlines.now },
    log: silentLogger,
    wake,
  });
  pump.start();
  await vi.advanceTimersByTimeAsync(2_150);
  expect(wake).toHaveBeenCalledTimes(1);
  await vi.advanceTimersByTimeAsync(100);
  expect(wake).toHaveBeenCalledTimes(2);
});

test('a deadline armed while it sleeps or reads is not missed', async () => {
  pump.start();
  await vi.advanceTimersByTimeAsync(100);
  deadlines.armed.set('asleep', deadlines.now() + 50);
  pump.moved(deadlines.now() + 50);
  await vi.advanceTimersByTimeAsync(100);
  expect(deadlines.woken).toEqual(['asleep']);
  deadlines.beforeNext = async () => {
    deadlines.beforeNext = async () => {};
    deadlines.armed.set('meanwhile', deadlines.now() + 50);
    pump.moved(deadlines.now() + 50);
  };
  await vi.advanceTimersByTimeAsync(10_200);
  expect(deadlines.woken).toEqual(['asleep', 'meanwhile']);
});

test('runs that cannot be woken hide nobody behind them, and are tried again without haste', async () => {
  for (let i = 0; i < 1_200; i++)
    deadlines.armed.set(`stuck-${i}`, deadlines.now() - 1_000 + i / 2_000);
  deadlines.armed.set('behind', deadlines.now() - 1);
  deadlines.isStuck = (workflowId) => workflowId.startsWith('stuck');
  pump.start();
  await vi.advanceTimersByTimeAsync(200);
  expect(deadlines.woken).toContain('behind');
  await vi.advanceTimersByTimeAsync(1_800);
  const times = deadlines.woken.filter((workflowId) => workflowId === 'stuck-0').length;
  expect(times).toBeGreaterThan(1);
  expect(times).toBeLessThan(5);
});

test('a run that stays due although it was woken is not woken all the time', async () => {
  deadlines.armed.set('a', deadlines.now());
  const { wake } = deadlines;
  deadlines.wake = async (key) => {
    await wake(key);
    deadlines.armed.set('a', 1);
  };
  pump = new TimerPump({
    store: deadlines.store,
    clock: { now: deadlines.now },
    log: silentLogger,
    wake: (key) => deadlines.wake(key),
  });
  pump.start();
  await vi.advanceTimersByTimeAsync(30_000);
  expect(deadlines.woken.length).toBeLessThan(35);
});

test('a store that is away is asked again, without haste', async () => {
  deadlines.armed.set('a', deadlines.now());
  deadlines.failure = new Error('away');
  pump.start();
  await vi.advanceTimersByTimeAsync(5_000);
  expect(deadlines.reads).toBeLessThan(12);
  deadlines.failure = undefined;
  await vi.advanceTimersByTimeAsync(2_000);
  expect(deadlines.woken).toEqual(['a']);
});

test('a clock that is put forward or back delays nothing for long', async () => {
  pump.start();
  await vi.advanceTimersByTimeAsync(100);
  deadlines.skew = 3_600_000;
  deadlines.armed.set('forward', deadlines.now() + 1_000);
  pump.moved(deadlines.now() + 1_000);
  await vi.advanceTimersByTimeAsync(1_100);
  expect(deadlines.woken).toEqual(['forward']);
  deadlines.skew = 0;
  deadlines.armed.set('back', deadlines.now() + 1_000);
  pump.moved(deadlines.now() + 1_000);
  await vi.advanceTimersByTimeAsync(1_100);
  expect(deadlines.woken).toEqual(['forward', 'back']);
});

test('says nothing after it was stopped', async () => {
  deadlines.armed.set('a', deadlines.now() + 100);
  pump.start();
  pump.stop();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(deadlines.woken).toEqual([]);
});
