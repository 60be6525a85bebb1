/** Text to UTF-8 bytes and back, in the sandbox as well as in Node. */
declare class TextEncoder {
  encode(text: string): Uint8Array;
}
declare class TextDecoder {
  decode(bytes: Uint8Array): string;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** UTF-8 bytes of a text. */
export function encode(text: string): Uint8Array {
  return encoder.encode(text);
}

/** Text of UTF-8 bytes; malformed bytes become U+FFFD. */
export function decode(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}
