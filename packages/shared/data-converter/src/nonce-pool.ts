/**
 * Nonces from the system's random source, drawn many at a time: libsodium's own `randombytes_buf`
 * costs twenty times as much as the encryption it serves. Each nonce is handed out once. Two
 * processes never share a pool unless one is a running copy of the other (a VM snapshot).
 */
import { randomFillSync } from 'node:crypto';

/** Bytes of an XChaCha20-Poly1305 nonce. */
export const NONCE_BYTES = 24;

const pool = new Uint8Array(NONCE_BYTES * 256);
let next = pool.length;

/** A nonce never handed out before; a view that is valid until the next call. */
export function takeNonce(): Uint8Array {
  if (next === pool.length) {
    randomFillSync(pool);
    next = 0;
  }
  next += NONCE_BYTES;
  return pool.subarray(next - NONCE_BYTES, next);
}
