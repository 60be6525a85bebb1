/**
 * Raw DEFLATE before encryption. Chosen over Brotli because browsers can undo it without a library
 * (`DecompressionStream('deflate-raw')`) and reading, which replay repeats, is the cheaper side.
 */
import { deflateRawSync, inflateRawSync } from 'node:zlib';

/** Bodies below this many bytes are not worth the ~20 µs. */
export const MIN_COMPRESSED_BYTES = 512;
/** Largest body that is inflated: 32 times what the server takes, and no decompression bomb. */
export const MAX_INFLATED_BYTES = 64 * 1024 * 1024;
/** A smaller gain is not worth inflating for. */
const MIN_SAVED_BYTES = 64;

/** The compressed body, or `undefined` when compressing does not pay. */
export function compress(body: Uint8Array): Uint8Array | undefined {
  if (body.length < MIN_COMPRESSED_BYTES || body.length > MAX_INFLATED_BYTES) return undefined;
  const compressed = deflateRawSync(body, { level: 3 });
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
