/** What ids and names must be like: the rule of the contract, for what comes over the stream. */

/** Longest id or name, in bytes of UTF-8 (semantics 75). */
const MAX_NAME_BYTES = 1_000;

/** What is wrong with a name, to follow its field's name in a message; undefined when nothing is. */
export function faultOfName(name: string, leastLength = 1): string | undefined {
  if (name.length < leastLength) return 'must not be empty';
  if (!name.isWellFormed()) return 'must be well-formed text; it holds half of a surrogate pair';
  // No text of a third of the length in UTF-16 units can have too many bytes.
  if (name.length * 3 <= MAX_NAME_BYTES || Buffer.byteLength(name) <= MAX_NAME_BYTES)
    return undefined;
  return `must be at most ${MAX_NAME_BYTES} bytes; it has ${Buffer.byteLength(name)}`;
}
