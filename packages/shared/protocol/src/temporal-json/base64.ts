/**
 * Base64 as protobuf's JSON has it: written with the standard alphabet and padding; read with the
 * URL alphabet and without padding too. By hand, because protocol may use no Node built-in.
 */
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** The six bits of a character by its code; of other characters, none. */
const sextets: (number | undefined)[] = [];
for (let i = 0; i < ALPHABET.length; i++) sextets[ALPHABET.charCodeAt(i)] = i;
sextets['-'.charCodeAt(0)] = 62;
sextets['_'.charCodeAt(0)] = 63;

/** The text that stands for bytes. */
export function toBase64(bytes: Uint8Array): string {
  let text = '';
  for (let i = 0; i < bytes.length; i += 3) {
    const left = bytes.length - i;
    const group = (bytes[i]! << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0);
    text += ALPHABET[group >> 18]! + ALPHABET[(group >> 12) & 63]!;
    text += left > 1 ? ALPHABET[(group >> 6) & 63]! : '=';
    text += left > 2 ? ALPHABET[group & 63]! : '=';
  }
  return text;
}

/**
 * The bytes that a text stands for.
 *
 * @throws TypeError when it is not base64; the text is not quoted
 */
export function fromBase64(text: string): Uint8Array {
  let length = text.length;
  while (length > 0 && text[length - 1] === '=') length -= 1;
  if (length % 4 === 1 || text.length - length > 2) {
    throw new TypeError(`wanted base64; got ${text.length} characters of another length`);
  }
  const bytes = new Uint8Array(Math.floor((length * 3) / 4));
  let held = 0;
  let bits = 0;
  let at = 0;
  for (let i = 0; i < length; i++) {
    const sextet = sextets[text.charCodeAt(i)];
    if (sextet === undefined) {
      throw new TypeError(`wanted base64; got another character at position ${i}`);
    }
    held = ((held << 6) | sextet) & 0xffff;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes[at++] = (held >> bits) & 0xff;
  }
  return bytes;
}
