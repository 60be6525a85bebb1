/**
 * Recognises bytes of any realm. Values cross between the host and the workflow sandbox, whose
 * `Uint8Array` are different classes, so `instanceof` alone would miss half of them.
 */

/** Whether a value is a `Uint8Array` (or `Buffer`), whichever realm made it. */
export function isBytes(value: unknown): value is Uint8Array {
  return (
    value instanceof Uint8Array ||
    (ArrayBuffer.isView(value) && Object.prototype.toString.call(value) === '[object Uint8Array]')
  );
}

/** The same bytes in a new `Uint8Array` of this realm. */
export function copyBytes(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes);
}
