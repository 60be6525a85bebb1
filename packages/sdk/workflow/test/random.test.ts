import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RandomStream, randomUuid } from '../src/runtime/random.ts';

/** First numbers of a seed. Open runs replay with them: if this test breaks, so do they. */
it('the numbers of a seed never change', () => {
  const random = new RandomStream('0190b6a2-7d1c-7c3e-9f6b-2a4d5e6f7a8b');
  expect([random.nextUint32(), random.nextFloat(), randomUuid(random)]).toMatchInlineSnapshot(`
    [
      3826530441,
      0.5648437802171488,
      "529d1324-75e8-4295-ba15-84da36dc0c09",
    ]
  `);
});

describe('a stream', () => {
  it('is its seed’s alone', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (one, two) => {
        const [a, b] = [one, two].map((seed) => {
          const random = new RandomStream(seed);
          return Array.from({ length: 4 }, () => random.nextUint32()).join();
        });
        expect(a === b).toBe(one === two);
      }),
    );
  });

  it('spreads its numbers over 0 to 1, and its bits evenly', () => {
    const random = new RandomStream('seed');
    const floats = Array.from({ length: 20_000 }, () => random.nextFloat());
    expect(Math.min(...floats)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...floats)).toBeLessThan(1);
    const mean = floats.reduce((sum, each) => sum + each, 0) / floats.length;
    expect(mean).toBeCloseTo(0.5, 1);
    const buckets = new Map<number, number>();
    for (const each of floats) {
      const bucket = Math.floor(each * 16);
      buckets.set(bucket, (buckets.get(bucket) ?? 0) + 1);
    }
    for (const count of buckets.values()) expect(Math.abs(count - 1250)).toBeLessThan(250);
  });

  it('makes version 4 UUIDs, all different', () => {
    const random = new RandomStream('seed');
    const uuids = Array.from({ length: 5_000 }, () => randomUuid(random));
    expect(new Set(uuids).size).toBe(uuids.length);
    for (const uuid of uuids) {
      expect(uuid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    }
  });
});
