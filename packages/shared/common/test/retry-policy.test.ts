import { describe, expect, it } from 'vitest';
import {
  ValueError,
  compileRetryPolicy,
  defaultActivityRetryPolicy,
  msOptionalToNumber,
  msToNumber,
} from '../src/index.ts';

describe('compileRetryPolicy', () => {
  it('fills an empty policy with the defaults of semantics 13', () => {
    expect(compileRetryPolicy({})).toEqual(defaultActivityRetryPolicy);
  });

  it('derives the longest wait from the first', () => {
    expect(compileRetryPolicy({ initialInterval: '2s' }).maximumIntervalMs).toBe(200_000);
  });

  it('writes unlimited attempts as 0', () => {
    expect(compileRetryPolicy({ maximumAttempts: Infinity }).maximumAttempts).toBe(0);
    expect(compileRetryPolicy({ maximumAttempts: 3 }).maximumAttempts).toBe(3);
  });

  it.each([
    [{ initialInterval: 0 }, /initialInterval/],
    [{ backoffCoefficient: 0.5 }, /backoffCoefficient/],
    [{ backoffCoefficient: Number.NaN }, /backoffCoefficient/],
    [{ initialInterval: '2s', maximumInterval: '1s' } as const, /maximumInterval/],
    [{ maximumAttempts: 0 }, /maximumAttempts/],
    [{ maximumAttempts: 1.5 }, /maximumAttempts/],
  ])('refuses %j', (policy, field) => {
    expect(() => compileRetryPolicy(policy)).toThrow(ValueError);
    expect(() => compileRetryPolicy(policy)).toThrow(field);
  });
});

describe('durations', () => {
  it.each([
    ['30 days', 2_592_000_000],
    ['1m', 60_000],
    ['1.5s', 1_500],
    [250, 250],
  ] as const)('reads %s as %i ms', (duration, ms) => {
    expect(msToNumber(duration)).toBe(ms);
  });

  it.each(['soon', Number.NaN, Number.POSITIVE_INFINITY])('refuses %s', (duration) => {
    expect(() => msToNumber(duration as never)).toThrow(ValueError);
  });

  it('lets absence through', () => {
    expect(msOptionalToNumber(undefined)).toBeUndefined();
    expect(msOptionalToNumber(null)).toBeUndefined();
    expect(msOptionalToNumber('1s')).toBe(1_000);
  });
});
