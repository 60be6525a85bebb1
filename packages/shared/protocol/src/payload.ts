/**
 * Payloads as they travel: one opaque blob for a whole argument list. The server stores and moves
 * blobs; it never looks further than the first byte, which tells sealed from plain.
 *
 * ```
 * blob := 0x01 MessagePack([[metadata, data], ...])    plain: readable by anyone
 *       | 0x02 envelope                                sealed: see data-converter
 * ```
 */
import type { Payload } from '@perdure/common';
import { concatBytes, pack, unpack } from './bytes.ts';
import { bytes } from './record.ts';

/** A list of payloads as one opaque blob. */
export type PayloadBlob = Uint8Array;

/** A blob field of a record. */
export const blob = bytes;

/** First byte of a blob. */
export const PLAIN_BLOB = 0x01;
/** First byte of a blob. */
export const SEALED_BLOB = 0x02;

/** Largest blob the server takes, in bytes (semantics 75). */
export const MAX_BLOB_BYTES = 2 * 1024 * 1024;

/** Whether a blob is an envelope that only holders of the key can open. */
export function isSealed(value: PayloadBlob): boolean {
  return value[0] === SEALED_BLOB;
}

/** The plain blob of a list of payloads. */
export function encodePlainBlob(payloads: readonly Payload[]): PayloadBlob {
  const body = pack(payloads.map((payload) => [payload.metadata, payload.data]));
  return concatBytes([new Uint8Array([PLAIN_BLOB]), body]);
}

/**
 * The payloads of a plain blob.
 *
 * @throws TypeError when it is not one
 */
export function decodePlainBlob(value: PayloadBlob): Payload[] {
  if (value[0] !== PLAIN_BLOB) {
    throw new TypeError(
      `wanted a plain payload blob (first byte 1); got ${value.length === 0 ? 'no bytes' : `first byte ${value[0]}`}`,
    );
  }
  const list = unpack(value.subarray(1));
  if (!Array.isArray(list)) throw new TypeError('a plain payload blob must hold a list');
  return list.map(toPayload);
}

function toPayload(entry: unknown): Payload {
  const [metadata, data] = entry as [Record<string, Uint8Array>, Uint8Array];
  if (typeof metadata !== 'object' || !(data instanceof Uint8Array)) {
    throw new TypeError('each payload of a blob must be [metadata, data]');
  }
  return { metadata, data };
}
