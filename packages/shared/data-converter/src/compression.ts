/**
 * Raw DEFLATE before encryption. Chosen over Brotli because browsers can undo it without a library
 * (`DecompressionStream('deflate-raw')`) and reading, which replay repeats, is the cheaper side.
 */
import { deflateRawSync, inflateRawSync } from 'node:zlib';

/** Smaller bodies would save a few hundred bytes for the ~20 µs it costs each way. */
export const MIN_COMPRESSED_BYTES = 1_024;
/** Largest body that is inflated: 32 times what the server takes, and no decompression bomb. */
export const MAX_INFLATED_BYTES = 64 * 1024 * 1024;
/** A smaller gain is not worth inflating for. */
const MIN_SAVED_BYTES = 64;
/** Up to this size a small window finds as much and costs half: less memory to set up. */
const SMALL_BODY_BYTES = 8 * 1024;
const smallBody = { level: 3, windowBits: 13, memLevel: 6 };
const largeBody = { level: 3 };
/** Bytes looked at to recognise what is compressed or encrypted already. */
const SAMPLE_BYTES = 256;
/** Random bytes show about 162 different values in such a sample; text, even base64, under 100. */
const MAX_DISTINCT_VALUES = 128;
const seen = new Uint8Array(256);

/** The compressed body, or `undefined` when compressing does not pay. */
export function compress(body: Uint8Array): Uint8Array | undefined {
  if (body.length < MIN_COMPRESSED_BYTES || body.length > MAX_INFLATED_BYTES) return undefined;
  if (looksRandom(body)) return undefined;
  const compressed = deflateRawSync(body, body.length <= SMALL_BODY_BYTES ? smallBody : largeBody);
  return compressed.length <= body.length - MIN_SAVED_BYTES ? compressed : undefined;
}

/**
 * Undoes {@link compress}.
 *
 * @throws RangeError beyond {@link MAX_INFLATED_BYTES}, without allocating it
 * @throws Error when the bytes are not raw DEFLATE
 */
export function inflate(compressed: Uint8Array): Uint8Array {
  return inflateRawSync(compressed, { maxOutputLength: MAX_INFLATED_BYTES });
}

/** Judged by the middle of the body, past names and other preambles. */
function looksRandom(body: Uint8Array): boolean {
  const start = (body.length - SAMPLE_BYTES) >>> 1;
  let distinct = 0;
  seen.fill(0);
  for (let at = start; at < start + SAMPLE_BYTES; at++) {
    const value = body[at]!;
    distinct += 1 - seen[value]!;
    seen[value] = 1;
  }
  return distinct > MAX_DISTINCT_VALUES;
}
