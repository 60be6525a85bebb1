import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Failure,
  PLAIN_BLOB,
  SEALED_BLOB,
  concatBytes,
  decodePlainBlob,
  encodePlainBlob,
  failureBlobs,
  hasClearText,
  isSealed,
  pack,
  unpack,
  unpackSequence,
} from '../src/index.ts';
import { normal } from './fixtures.ts';

const anyPayload = fc.record({
  metadata: fc.dictionary(
    fc.string({ maxLength: 10 }).filter((key) => key !== '__proto__'),
    fc.uint8Array({ maxLength: 10 }),
    { maxKeys: 3, noNullPrototype: true },
  ),
  data: fc.uint8Array({ maxLength: 300 }),
});

describe('a plain blob', () => {
  it('gives its payloads back and says that it is plain', () => {
    fc.assert(
      fc.property(fc.array(anyPayload, { maxLength: 4 }), (payloads) => {
        const blob = encodePlainBlob(payloads);
        expect(blob[0]).toBe(PLAIN_BLOB);
        expect(isSealed(blob)).toBe(false);
        expect(normal(decodePlainBlob(blob))).toEqual(normal(payloads));
      }),
    );
  });

  it.each([
    ['no bytes', Uint8Array.of(), /got no bytes/],
    ['a sealed blob', Uint8Array.of(SEALED_BLOB, 1), /first byte 2/],
    ['no list', concatBytes([Uint8Array.of(1), pack({ a: 1 })]), /must hold a list/],
    ['a list of others', concatBytes([Uint8Array.of(1), pack([['m', 'd']])]), /\[metadata, data\]/],
  ])('is not %s', (_, bytes, message) => {
    expect(() => decodePlainBlob(bytes)).toThrow(message);
  });

  it('is refused with an error, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (rest) => {
        try {
          decodePlainBlob(concatBytes([Uint8Array.of(PLAIN_BLOB), rest]));
        } catch (error) {
          expect(error).toBeInstanceOf(Error);
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('bytes', () => {
  it('read from a frame do not keep the frame alive', () => {
    const frame = pack([new Uint8Array(10), 'x'.repeat(10_000)]);
    const [bytes] = unpack(frame) as [Uint8Array];
    expect(bytes.buffer.byteLength).toBeLessThan(frame.length);
  });

  it('pack to plain MessagePack that any language reads, and read what any writes', () => {
    expect([...pack([1, 'a', Uint8Array.of(7), null])]).toEqual([
      0x94, 1, 0xa1, 0x61, 0xc4, 1, 7, 0xc0,
    ]);
    const [map16, fixmap] = [[0xde, 0, 1], [0x81]].map((head) => [...head, 0xa1, 0x61, 1]);
    expect([map16, fixmap]).toContainEqual([...pack({ a: 1 })]);
    for (const bytes of [map16, fixmap]) expect(unpack(Uint8Array.from(bytes!))).toEqual({ a: 1 });
  });

  it('may hold several values one after another', () => {
    expect(unpackSequence(concatBytes([pack(1), pack('a'), pack([2])]))).toEqual([1, 'a', [2]]);
    expect(unpackSequence(new Uint8Array(0))).toEqual([]);
  });

  it('that are cut off or have more behind them are refused', () => {
    expect(() => unpack(pack('text').subarray(0, 3))).toThrow(Error);
    expect(() => unpack(concatBytes([pack(1), pack(2)]))).toThrow(Error);
  });
});

describe('a failure', () => {
  const blob = (n: number) => Uint8Array.of(SEALED_BLOB, n);
  const nested: Failure = {
    encodedAttributes: blob(1),
    info: { kind: 'application', details: blob(2) },
    cause: { info: { kind: 'timeout', timeoutType: 'HEARTBEAT', lastHeartbeatDetails: blob(3) } },
  };

  it('lists the blobs of its whole chain', () => {
    expect([...failureBlobs(nested)].map((each) => each[1])).toEqual([1, 2, 3]);
  });

  it('with too long a chain is refused', () => {
    let chain: Failure = { info: { kind: 'server' } };
    for (let n = 0; n < 32; n++) chain = { info: { kind: 'server' }, cause: chain };
    expect([...failureBlobs(chain)]).toEqual([]);
    const longer: Failure = { info: { kind: 'server' }, cause: chain };
    expect(() => [...failureBlobs(longer)]).toThrow(RangeError);
  });

  it('tells text in the clear, wherever in the chain', () => {
    expect(hasClearText(nested)).toBe(false);
    expect(hasClearText({ ...nested, stackTrace: 'at x' })).toBe(true);
    expect(hasClearText({ ...nested, cause: { message: 'm', info: { kind: 'server' } } })).toBe(
      true,
    );
  });
});
