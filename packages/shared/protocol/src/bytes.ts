/** MessagePack, the byte form of everything that travels between Perdure's parts or is stored. */
import { Packr } from 'msgpackr';

// Plain MessagePack without msgpackr's own record extension, so that any language can read it.
// Read bytes are copies: a small payload must not keep a whole frame alive.
const packr = new Packr({
  useRecords: false,
  mapsAsObjects: true,
  variableMapSize: true,
  copyBuffers: true,
});

/** Bytes of a value. */
export function pack(value: unknown): Uint8Array {
  return packr.pack(value);
}

/**
 * The value of bytes.
 *
 * @throws Error when the bytes are not exactly one MessagePack value
 */
export function unpack(bytes: Uint8Array): unknown {
  return packr.unpack(bytes);
}

/** The values of bytes that hold any number of values one after another. */
export function unpackSequence(bytes: Uint8Array): unknown[] {
  if (bytes.length === 0) return [];
  return (packr.unpackMultiple(bytes) as unknown[] | undefined) ?? [];
}

/** One array holding all the parts. */
export function concatBytes(parts: readonly Uint8Array[]): Uint8Array {
  if (parts.length === 1) return parts[0]!;
  let length = 0;
  for (const part of parts) length += part.length;
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Whether two arrays hold the same bytes. */
export function equalBytes(one: Uint8Array, other: Uint8Array): boolean {
  if (one.length !== other.length) return false;
  for (let i = 0; i < one.length; i++) if (one[i] !== other[i]) return false;
  return true;
}
