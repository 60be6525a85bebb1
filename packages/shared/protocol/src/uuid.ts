/**
 * UUIDs at half their length: ids that are UUIDs in canonical form travel and are stored as 16
 * bytes, every other text as it is.
 */
const CANONICAL = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

const hex: readonly string[] = Array.from({ length: 256 }, (_, byte) =>
  byte.toString(16).padStart(2, '0'),
);

/** 16 bytes for a UUID in canonical (lower-case) form; any other text unchanged. */
export function packUuid(text: string): Uint8Array | string {
  if (text.length !== 36 || !CANONICAL.test(text)) return text;
  const bytes = new Uint8Array(16);
  for (let at = 0, i = 0; i < 16; i++) {
    if (text.charCodeAt(at) === HYPHEN) at += 1;
    bytes[i] = digit(text.charCodeAt(at)) * 16 + digit(text.charCodeAt(at + 1));
    at += 2;
  }
  return bytes;
}

/** The text that {@link packUuid} was given. */
export function unpackUuid(packed: unknown): string {
  if (!(packed instanceof Uint8Array)) return packed as string;
  let text = '';
  for (let i = 0; i < 16; i++) {
    if (i === 4 || i === 6 || i === 8 || i === 10) text += '-';
    text += hex[packed[i]!];
  }
  return text;
}

const HYPHEN = 0x2d;

/** Value of a lower-case hexadecimal digit. */
function digit(code: number): number {
  return code <= 0x39 ? code - 0x30 : code - 0x57;
}
