import { PerdureServiceError } from '@perdure/common';
import { expect, test } from 'vitest';
import { reconnectDelay } from '../src/stream/reconnect-delay.ts';
import { repeatWhileUnavailable } from '../src/stream/repeat.ts';
import fc from 'fast-check';

const passing = (n = 0) => new PerdureServiceError('UNAVAILABLE', `away ${n}`, { retryable: true });

/** A call that is refused so many times and then answered; counts how often it was made. */
function callRefused(times: number, refusal: () => Error) {
  const made = { calls: 0 };
  const call = async () => {
    made.calls += 1;
    if (made.calls <= times) throw refusal();
    return 'answer';
  };
  return { made, call };
}

test('a refusal that passes by itself is waited out', async () => {
  const { made, call } = callRefused(3, passing);
  expect(await repeatWhileUnavailable(call, 20_000)).toBe('answer');
  expect(made.calls).toBe(4);
});

test('an answer is not asked for twice', async () => {
  const { made, call } = callRefused(0, passing);
  await repeatWhileUnavailable(call, 20_000);
  expect(made.calls).toBe(1);
});

test.each([
  ['a refusal for good', new PerdureServiceError('INVALID_ARGUMENT', 'no')],
  ['one that does not say', new PerdureServiceError('UNAVAILABLE', 'closed by this process')],
  ['a bug', new TypeError('x is not a function')],
])('%s is thrown at once', async (_, error) => {
  const { made, call } = callRefused(5, () => error);
  await expect(repeatWhileUnavailable(call, 20_000)).rejects.toBe(error);
  expect(made.calls).toBe(1);
});

test('a refusal for good ends the waiting', async () => {
  const refusals = [passing(), new PerdureServiceError('WORKFLOW_NOT_FOUND', 'gone')];
  const { made, call } = callRefused(5, () => refusals.shift()!);
  await expect(repeatWhileUnavailable(call, 20_000)).rejects.toMatchObject({ message: 'gone' });
  expect(made.calls).toBe(2);
});

test('patience ends with the last refusal', async () => {
  let n = 0;
  const { made, call } = callRefused(1_000, () => passing(++n));
  const refused = repeatWhileUnavailable(call, 60);
  await expect(refused).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  await expect(refused).rejects.toMatchObject({ message: `away ${made.calls}` });
  expect(made.calls).toBeGreaterThan(1);
});

test('no patience: one call', async () => {
  const { made, call } = callRefused(1_000, passing);
  await expect(repeatWhileUnavailable(call, 0)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  expect(made.calls).toBe(1);
});

test('pauses grow to a second and no further, and differ', () => {
  fc.assert(
    fc.property(fc.nat({ max: 10_000 }), (failures) => {
      const ceiling = Math.min(20 * 2 ** failures, 1_000);
      const delay = reconnectDelay(failures);
      expect(delay).toBeGreaterThanOrEqual(ceiling / 2);
      expect(delay).toBeLessThanOrEqual(ceiling);
    }),
  );
  expect(new Set(Array.from({ length: 20 }, () => reconnectDelay(9))).size).toBeGreaterThan(1);
});
