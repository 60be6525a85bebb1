import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CreditRate } from '../src/session/credit-rate.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A server that begins an activity as soon as it may, and the slots that it has. */
class Bench {
  credits = 0;
  isOpen = true;
  readonly begun: number[] = [];
  readonly rate: CreditRate;

  constructor(perSecond: number, slots: number) {
    this.rate = new CreditRate({
      perSecond,
      grant: (credits) => (this.credits += credits),
      mayGrant: () => this.isOpen,
      now: () => Date.now(),
    });
    this.credits = this.rate.restart(slots);
  }

  /** Begins as many as are wanted and may begin; each ends at once. */
  begin(wanted: number): number {
    let began = 0;
    for (; began < wanted && this.credits > 0; began++) {
      this.credits -= 1;
      this.begun.push(Date.now());
      this.rate.spent();
      this.rate.offer();
    }
    return began;
  }
}

const perSecond = fc.integer({ min: 1, max: 500 });
const waits = fc.array(fc.integer({ min: 0, max: 3_000 }), { minLength: 1, maxLength: 30 });

describe('the rate of activities', () => {
  it('is never more than allowed, however long nothing was wanted', () => {
    fc.assert(
      fc.property(perSecond, fc.integer({ min: 1, max: 50 }), waits, (rate, slots, pauses) => {
        vi.setSystemTime(0);
        const bench = new Bench(rate, slots);
        for (const pause of pauses) {
          vi.advanceTimersByTime(pause);
          bench.begin(1_000);
        }
        bench.rate.stop();
        const burst = Math.max(1, rate * 0.1);
        bench.begun.forEach((from, i) => {
          bench.begun.slice(i).forEach((to, more) => {
            const allowed = burst + ((to - from) / 1_000) * rate + 1e-6;
            if (more + 1 > allowed) expect.fail(`${more + 1} in ${to - from} ms at ${rate}/s`);
          });
        });
      }),
      { numRuns: 40 },
    );
  });

  it('is what is allowed, when more is wanted all the time', () => {
    const bench = new Bench(20, 5);
    for (let ms = 0; ms < 10_000; ms++) {
      vi.advanceTimersByTime(1);
      bench.begin(1_000);
    }
    bench.rate.stop();
    expect(bench.begun.length).toBeGreaterThan(180);
    expect(bench.begun.length).toBeLessThanOrEqual(203);
  });

  it('is less than one a second, when that is wanted', () => {
    const bench = new Bench(0.5, 5);
    expect(bench.begin(10)).toBe(1);
    vi.advanceTimersByTime(1_900);
    expect(bench.begin(10)).toBe(0);
    vi.advanceTimersByTime(200);
    expect(bench.begin(10)).toBe(1);
    bench.rate.stop();
  });

  it('survives a lost connection, which costs the credits that the server held', () => {
    const bench = new Bench(50, 5);
    bench.isOpen = false;
    bench.credits = 0;
    vi.advanceTimersByTime(1_000);
    expect(bench.credits).toBe(0);
    bench.credits = bench.rate.restart(3);
    expect(bench.credits).toBe(3);
    bench.isOpen = true;
    bench.rate.pump();
    expect(bench.credits).toBe(3);
    bench.rate.stop();
  });

  it('never lets the server hold more credits than there are free slots', () => {
    const bench = new Bench(1_000, 2);
    vi.advanceTimersByTime(5_000);
    expect(bench.credits).toBe(2);
    bench.rate.stop();
  });
});
