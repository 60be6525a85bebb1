/** Rings, contexts and converters that several tests start from. */
import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import {
  type KeyRing,
  type LoadedDataConverter,
  type PayloadContext,
  createKeyRing,
  loadDataConverter,
  payloadPurposes,
} from '../src/index.ts';

/** A ring of random keys; the first id is primary. */
export function randomRing(...ids: string[]): KeyRing {
  return createKeyRing(
    ids[0]!,
    ids.map((id) => ({ id, key: randomBytes(32) })),
  );
}

/** A converter that seals with one random key. */
export async function sealingConverter(ring = randomRing('k-1')): Promise<LoadedDataConverter> {
  return loadDataConverter({ keyRing: ring });
}

/** One place among many. */
export const somewhere: PayloadContext = {
  namespace: 'orders',
  purpose: 'activity-result',
  workflowId: 'order-1',
};

const id = fc.string({ minLength: 1, maxLength: 40, unit: 'grapheme' });

/** Any context. */
export const anyContext: fc.Arbitrary<PayloadContext & { workflowId: string }> = fc.record({
  namespace: id,
  purpose: fc.constantFrom(...payloadPurposes),
  workflowId: id,
});

/** Any payloads, small and large, with any metadata. */
export const anyPayloads = fc.array(
  fc.record({
    metadata: fc.dictionary(
      fc.string({ maxLength: 12 }).filter((name) => name !== '__proto__'),
      fc.uint8Array({ maxLength: 20 }),
      { maxKeys: 3, noNullPrototype: true },
    ),
    data: fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc.uint8Array({ minLength: 900, maxLength: 3_000 }),
    ),
  }),
  { maxLength: 4 },
);

/** The bytes of an answer that no codec has made a promise of. */
export function now<T>(value: T | Promise<T>): T {
  if (value instanceof Promise) throw new TypeError('expected a value, got a promise');
  return value;
}
