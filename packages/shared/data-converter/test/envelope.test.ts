import { randomBytes } from 'node:crypto';
import { deflateRawSync } from 'node:zlib';
import { PayloadConverterError, ValueError } from '@perdure/common';
import { encodePlainBlob, isSealed } from '@perdure/protocol';
import fc from 'fast-check';
import sodium from 'libsodium-wrappers';
import { beforeAll, describe, expect, it } from 'vitest';
import { MAX_INFLATED_BYTES, MIN_COMPRESSED_BYTES } from '../src/compression.ts';
import { Binding, writeContext } from '../src/context.ts';
import { seal } from '../src/envelope.ts';
import {
  PayloadOpenError,
  type LoadedDataConverter,
  createKeyRing,
  loadDataConverter,
  payloadPurposes,
  readEnvelopeHeader,
} from '../src/index.ts';
import {
  anyContext,
  anyPayloads,
  now,
  randomRing,
  sealingConverter,
  somewhere,
} from './fixtures.ts';

const bytesOf = (length: number, fill = 7) => new Uint8Array(length).fill(fill);
const payloadsOf = (...data: Uint8Array[]) => data.map((each) => ({ metadata: {}, data: each }));

/** The reason why opening is refused. */
function refusal(open: () => unknown): string {
  try {
    open();
  } catch (error) {
    expect(error).toBeInstanceOf(PayloadOpenError);
    expect(error).toBeInstanceOf(PayloadConverterError);
    return (error as PayloadOpenError).reason;
  }
  return 'opened';
}

const ring = randomRing('k-1');
const oneByte = encodePlainBlob([{ metadata: {}, data: Uint8Array.of(7) }]);
let converter: LoadedDataConverter;
beforeAll(async () => {
  converter = await sealingConverter(ring);
});

describe('sealing', () => {
  it('gives back any payloads in any place', () => {
    fc.assert(
      fc.property(anyContext, anyPayloads, (context, payloads) => {
        const blob = now(converter.toBlob(context, payloads));
        expect(isSealed(blob)).toBe(true);
        const opened = now(converter.fromBlob(context, blob));
        expect(opened.map(({ data }) => [...data])).toEqual(payloads.map(({ data }) => [...data]));
        expect(opened.map(({ metadata }) => Object.keys(metadata))).toEqual(
          payloads.map(({ metadata }) => Object.keys(metadata)),
        );
      }),
    );
  });

  it('shows nothing of the plaintext', () => {
    const canary = 'canary-7f3a9';
    fc.assert(
      fc.property(fc.nat(3_000), fc.nat(3_000), (before, after) => {
        const text = Buffer.from('x'.repeat(before) + canary + 'y'.repeat(after));
        const payloads = [{ metadata: { [canary]: text.subarray(0, 20) }, data: text }];
        const blob = now(converter.toBlob(somewhere, payloads));
        expect(Buffer.from(blob).includes(canary)).toBe(false);
        expect(Buffer.from(blob).includes('xxxxxxxx')).toBe(false);
      }),
      { numRuns: 50 },
    );
  });

  it('says nothing of the place either, except how tightly it binds', () => {
    const blob = now(converter.toBlob(somewhere, payloadsOf(bytesOf(10))));
    for (const word of ['orders', 'activity-result', 'order-1']) {
      expect(Buffer.from(blob).includes(word)).toBe(false);
    }
    expect(readEnvelopeHeader(blob)).toEqual({
      compressed: false,
      binding: Binding.WORKFLOW,
      keyId: 'k-1',
      length: 64,
    });
  });

  it('never uses a nonce twice', () => {
    const seen = new Set<string>();
    for (let n = 0; n < 100_000; n++) {
      const blob = seal(ring.primary(), somewhere, Binding.WORKFLOW, oneByte);
      seen.add(Buffer.from(blob.buffer, 40, 24).toString('latin1'));
    }
    expect(seen.size).toBe(100_000);
  });

  it('makes blobs that own their memory', () => {
    const blob = now(converter.toBlob(somewhere, payloadsOf(bytesOf(10))));
    expect(blob.byteOffset).toBe(0);
    expect(blob.buffer.byteLength).toBe(blob.length);
  });

  it('refuses a context that lacks what the purpose is bound to', () => {
    const payloads = payloadsOf(bytesOf(1));
    const without = { namespace: 'orders', purpose: 'signal' } as const;
    expect(() => converter.toBlob(without, payloads)).toThrow(ValueError);
    expect(() => converter.toBlob(without, payloads)).toThrow(/needs workflowId/);
    expect(() =>
      converter.toBlob({ ...somewhere, workflowId: 'x'.repeat(1_001) }, payloads),
    ).toThrow(/at most 1000 characters; got 1001/);
    expect(() => converter.toBlob({ ...somewhere, purpose: 'nexus' as never }, payloads)).toThrow(
      /one of workflow-input, .*; got "nexus"/,
    );
  });
});

describe('opening refuses', () => {
  it('every blob with one byte changed, whichever it is', () => {
    for (const data of [bytesOf(40), Buffer.from('compressible '.repeat(200))]) {
      const blob = now(converter.toBlob(somewhere, payloadsOf(data)));
      for (let at = 0; at < blob.length; at++) {
        const altered = blob.slice();
        altered[at]! ^= 1 + (at % 255);
        expect(
          refusal(() => converter.fromBlob(somewhere, altered)),
          `byte ${at}`,
        ).not.toBe('opened');
      }
    }
  });

  it('every blob that is cut off or has bytes added', () => {
    const blob = now(converter.toBlob(somewhere, payloadsOf(bytesOf(40))));
    for (let length = 0; length < blob.length; length++) {
      expect(refusal(() => converter.fromBlob(somewhere, blob.subarray(0, length)))).not.toBe(
        'opened',
      );
    }
    expect(refusal(() => converter.fromBlob(somewhere, Buffer.concat([blob, bytesOf(1)])))).toBe(
      'NOT_AUTHENTIC',
    );
  });

  it('a blob of another place', () => {
    fc.assert(
      fc.property(anyContext, anyContext, anyPayloads, (there, here, payloads) => {
        const blob = now(converter.toBlob(there, payloads));
        const sameField = there.namespace === here.namespace && there.purpose === here.purpose;
        const bindsWorkflow = !there.purpose.startsWith('failure');
        fc.pre(!sameField || (bindsWorkflow && there.workflowId !== here.workflowId));
        expect(refusal(() => converter.fromBlob(here, blob))).toBe('NOT_AUTHENTIC');
      }),
    );
  });

  it('each single difference of place', () => {
    const blob = now(converter.toBlob(somewhere, payloadsOf(bytesOf(9))));
    const moved = [
      { ...somewhere, namespace: 'order' },
      { ...somewhere, workflowId: 'order-2' },
      { ...somewhere, workflowId: '' },
      ...payloadPurposes
        .filter((purpose) => purpose !== somewhere.purpose)
        .map((purpose) => ({ ...somewhere, purpose })),
    ];
    for (const context of moved) {
      expect(refusal(() => converter.fromBlob(context, blob))).toBe('NOT_AUTHENTIC');
    }
  });

  it('a loosely bound blob where a tightly bound one belongs', () => {
    const plain = encodePlainBlob(payloadsOf(bytesOf(9)));
    const loose = seal(ring.primary(), somewhere, Binding.NAMESPACE, plain);
    const tight = seal(ring.primary(), somewhere, Binding.WORKFLOW, plain);
    expect(now(converter.fromBlob(somewhere, tight))).toHaveLength(1);
    expect(refusal(() => converter.fromBlob(somewhere, loose))).toBe('NOT_AUTHENTIC');
  });

  it('an unknown key id, naming it and the ids there are', async () => {
    const blob = now((await sealingConverter(randomRing('k-old'))).toBlob(somewhere, []));
    const other = await sealingConverter(randomRing('k-1', 'k-2'));
    expect(refusal(() => other.fromBlob(somewhere, blob))).toBe('UNKNOWN_KEY');
    expect(() => other.fromBlob(somewhere, blob)).toThrow(/'k-old'.* holds k-1, k-2: add that key/);
  });

  it('another key under the same id, before it decrypts anything', async () => {
    const blob = now(converter.toBlob(somewhere, payloadsOf(bytesOf(9))));
    const impostor = await sealingConverter(randomRing('k-1'));
    expect(refusal(() => impostor.fromBlob(somewhere, blob))).toBe('WRONG_KEY');
  });

  it('a sealed blob without a key ring', async () => {
    const blob = now(converter.toBlob(somewhere, []));
    const keyless = await loadDataConverter();
    expect(refusal(() => keyless.fromBlob(somewhere, blob))).toBe('NO_KEY_RING');
    expect(() => keyless.fromBlob(somewhere, blob)).toThrow(/PERDURE_KEYRING/);
  });

  it('what is no payload blob, without quoting it', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (garbage) => {
        expect(refusal(() => converter.fromBlob(somewhere, garbage))).not.toBe('opened');
      }),
    );
    const text = Buffer.from('\u0001hunter2');
    expect(refusal(() => converter.fromBlob(somewhere, text))).toBe('MALFORMED');
    expect(() => converter.fromBlob(somewhere, text)).not.toThrow(/hunter2/);
  });
});

describe('key commitment', () => {
  it('keeps a ciphertext that is valid under another key from opening under it', async () => {
    // An honest AEAD ciphertext under the second key, with the first key's commitment: what an
    // attacker who knows both keys would build to make one blob mean two things.
    const [first, second] = [randomRing('k-1'), randomRing('k-1')];
    const sealed = now((await sealingConverter(first)).toBlob(somewhere, payloadsOf(bytesOf(9))));
    const { length } = readEnvelopeHeader(sealed)!;
    const header = Buffer.from(sealed.subarray(0, length));
    const nonce = header.subarray(length - 24);
    const label = Buffer.concat([Buffer.from('perdure-seal-v1'), nonce]);
    const derived = sodium.crypto_generichash(64, label, second.primary().key);
    const data = Buffer.alloc(4_000);
    header.copy(data);
    const end = writeContext(data, length, Binding.WORKFLOW, somewhere);
    const encrypt = (aad: Uint8Array) =>
      sodium.crypto_aead_xchacha20poly1305_ietf_encrypt(
        encodePlainBlob(payloadsOf(bytesOf(3))),
        aad,
        null,
        nonce,
        derived.subarray(0, 32),
      );
    const opener = await sealingConverter(second);
    const forged = Buffer.concat([header, encrypt(data.subarray(0, end))]);
    expect(refusal(() => opener.fromBlob(somewhere, forged))).toBe('WRONG_KEY');

    // The same construction with the commitment of its own key does open: the test is about it.
    data.set(derived.subarray(32), length - 24 - 32);
    const honest = Buffer.concat([data.subarray(0, length), encrypt(data.subarray(0, end))]);
    expect(now(opener.fromBlob(somewhere, honest))).toHaveLength(1);
  });
});

describe('rotation', () => {
  it('seals with the primary key and opens with every key of the ring', async () => {
    const [a, b] = [randomBytes(32), randomBytes(32)];
    const old = await sealingConverter(createKeyRing('k-a', [{ id: 'k-a', key: a }]));
    const both = [
      { id: 'k-a', key: a },
      { id: 'k-b', key: b },
    ];
    const next = await sealingConverter(createKeyRing('k-b', both));
    const before = now(old.toBlob(somewhere, payloadsOf(bytesOf(3))));
    const after = now(next.toBlob(somewhere, payloadsOf(bytesOf(3))));
    expect(readEnvelopeHeader(after)!.keyId).toBe('k-b');
    expect(now(next.fromBlob(somewhere, before))).toHaveLength(1);
    expect(refusal(() => old.fromBlob(somewhere, after))).toBe('UNKNOWN_KEY');
  });
});

describe('compression', () => {
  it('makes large text small and leaves small or random bytes alone', () => {
    const sealed = (data: Uint8Array) => {
      const blob = now(converter.toBlob(somewhere, payloadsOf(data)));
      return { length: blob.length, compressed: readEnvelopeHeader(blob)!.compressed };
    };
    const text = Buffer.from(JSON.stringify(Array.from({ length: 500 }, (_, id) => ({ id }))));
    expect(sealed(text).compressed).toBe(true);
    expect(sealed(text).length).toBeLessThan(text.length / 2);
    expect(sealed(bytesOf(MIN_COMPRESSED_BYTES / 2)).compressed).toBe(false);
    expect(sealed(randomBytes(5_000)).compressed).toBe(false);
  });

  it('gives back bodies on either side of every threshold', () => {
    for (const length of [1, 1_000, 1_023, 1_024, 1_025, 8_191, 8_193, 100_000]) {
      for (const data of [bytesOf(length), randomBytes(length)]) {
        const blob = now(converter.toBlob(somewhere, payloadsOf(data)));
        expect(Buffer.compare(now(converter.fromBlob(somewhere, blob))[0]!.data, data)).toBe(0);
      }
    }
  });

  it('refuses a decompression bomb, even one sealed with the right key', () => {
    const bomb = deflateRawSync(Buffer.alloc(MAX_INFLATED_BYTES + 1));
    expect(bomb.length).toBeLessThan(100_000);
    const blob = sealCompressed(ring.primary().key, bomb);
    expect(refusal(() => converter.fromBlob(somewhere, blob))).toBe('TOO_LARGE');
    const damaged = sealCompressed(ring.primary().key, Buffer.from('not deflate at all'));
    expect(refusal(() => converter.fromBlob(somewhere, damaged))).toBe('MALFORMED');
    const honest = sealCompressed(ring.primary().key, deflateRawSync(oneByte));
    expect(now(converter.fromBlob(somewhere, honest))).toHaveLength(1);
  });
});

/** An authentic envelope around bytes that claim to be compressed, by the documented format. */
function sealCompressed(key: Uint8Array, compressed: Uint8Array): Uint8Array {
  const nonce = randomBytes(24);
  const derived = sodium.crypto_generichash(
    64,
    Buffer.concat([Buffer.from('perdure-seal-v1'), nonce]),
    key,
  );
  const header = Buffer.concat([
    Buffer.from([2, 1, 1, Binding.WORKFLOW, 3]),
    Buffer.from('k-1'),
    derived.subarray(32),
    nonce,
  ]);
  const text = (value: string) =>
    Buffer.concat([Buffer.from([0, value.length]), Buffer.from(value)]);
  const data = [header, text('orders'), text('activity-result'), text('order-1')];
  const ciphertext = sodium.crypto_aead_xchacha20poly1305_ietf_encrypt(
    compressed,
    Buffer.concat(data),
    null,
    nonce,
    derived.subarray(0, 32),
  );
  return Buffer.concat([header, ciphertext]);
}
