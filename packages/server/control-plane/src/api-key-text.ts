/**
 * API keys as text: `pk_<id>_<secret>`. The id is public and finds the row; of the secret only a
 * SHA-256 is stored, which is enough for 256 random bits.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

export interface ApiKeyParts {
  readonly id: string;
  readonly secret: string;
}

/** A new key. */
export function newApiKey(): ApiKeyParts & { readonly text: string } {
  const id = randomBytes(6).toString('hex');
  const secret = randomBytes(32).toString('base64url');
  return { id, secret, text: `pk_${id}_${secret}` };
}

/** The parts of a key, or undefined for text that is none. */
export function parseApiKey(text: string): ApiKeyParts | undefined {
  const match = /^pk_([0-9a-f]{12})_([A-Za-z0-9_-]{43})$/.exec(text);
  return match ? { id: match[1]!, secret: match[2]! } : undefined;
}

export function hashSecret(secret: string): Uint8Array {
  return createHash('sha256').update(secret).digest();
}

/** Compares in constant time. */
export function isSecretOf(secret: string, hash: Uint8Array): boolean {
  return timingSafeEqual(hashSecret(secret), hash);
}
