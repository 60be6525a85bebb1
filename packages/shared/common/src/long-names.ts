/** The words of an enumeration, with what older programs call them. */
export type WithLongNames<P extends string, W extends Readonly<Record<string, string>>> = W & {
  readonly [K in keyof W & string as `${P}_${K}`]: W[K];
};

/**
 * Lets an enumeration answer to long names too: `prefix`, an underscore and the word. They give the
 * short word and are not enumerable.
 */
export function withLongNames<
  const P extends string,
  const W extends Readonly<Record<string, string>>,
>(prefix: P, words: W): WithLongNames<P, W> {
  const named = { ...words };
  for (const [name, value] of Object.entries(words)) {
    Object.defineProperty(named, `${prefix}_${name}`, { value });
  }
  return named as WithLongNames<P, W>;
}
