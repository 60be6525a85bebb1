/**
 * Recognises bytes of any realm. Values cross between the host and the workflow sandbox, whose
 * `Uint8Array` are different classes, so `instanceof` alone would miss half of them.
 */

/** Whether a value is a `Uint8Array` (or `Buffer`), whichever realm made it. */
export function isBytes(value: unknown): value is Uint8Array {
  // The tag is a getter on the prototype that tells the class of the bytes in whichever realm.
  return ArrayBuffer.isView(value) && (value as Uint8Array)[Symbol.toStringTag] === 'Uint8Array';
}

/** The same bytes in a new `Uint8Array` of this realm. */
export function copyBytes(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes);
}
