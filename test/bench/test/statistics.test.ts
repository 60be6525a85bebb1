/** Order statistics and the digits that figures are shown with. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { median, quantile } from '../src/measure/statistics.ts';
import { atMost, show, threeDigits } from '../src/report/row.ts';

const samples = fc.array(fc.double({ noNaN: true, min: -1e6, max: 1e6 }), { minLength: 1 });

test('a quantile is a sample with no more than its share of the samples below it', () => {
  fc.assert(
    fc.property(samples, fc.double({ min: 0.01, max: 1, noNaN: true }), (values, q) => {
      const value = quantile(values, q);
      expect(values).toContain(value);
      expect(values.filter((other) => other < value).length).toBeLessThanOrEqual(q * values.length);
      expect(values.filter((other) => other <= value).length).toBeGreaterThanOrEqual(
        Math.floor(q * values.length),
      );
    }),
  );
});

test('the median of an odd number of samples is the one in the middle', () => {
  expect(median([9, 1, 5])).toBe(5);
  expect(() => median([])).toThrow('at least one sample');
});

test('a figure is judged as it is shown', () => {
  expect(show(4.004)).toBe('4.00');
  expect(atMost('commits', 4.004, '', 4).met).toBe(true);
  expect(atMost('commits', 4.006, '', 4).met).toBe(false);
  expect(show(1536.4)).toBe('1536');
  expect(show(0)).toBe('0');
  expect(threeDigits(0.12345)).toBe(0.123);
});
