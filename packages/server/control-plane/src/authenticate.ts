/** From the text of an API key or the operator token to who is calling. */
import { createHash, timingSafeEqual } from 'node:crypto';
import { PerdureServiceError } from '@perdure/common';
import type { Caller } from '@perdure/contract';
import type { ControlStore } from '@perdure/ports';
import { isSecretOf, parseApiKey } from './api-key-text.ts';

/**
 * @param token what came as `Authorization: Bearer <token>`
 * @throws PerdureServiceError UNAUTHENTICATED
 */
export async function authenticate(
  store: ControlStore,
  operatorToken: string | undefined,
  token: string | undefined,
): Promise<Caller> {
  if (!token) {
    throw unauthenticated(
      'no API key was given; set PERDURE_API_KEY, or pass apiKey to Connection.connect',
    );
  }
  if (operatorToken !== undefined && isSame(token, operatorToken)) return { kind: 'operator' };
  const parts = parseApiKey(token);
  if (!parts) throw unauthenticated('the API key is malformed; a key looks like pk_<id>_<secret>');
  const key = await store.apiKeyById(parts.id);
  if (!key || !isSecretOf(parts.secret, key.secretHash)) {
    throw unauthenticated(
      'the API key is not known here; check that key and server address belong together',
    );
  }
  if (key.revokedAt !== undefined)
    throw unauthenticated(`API key ${key.id} has been revoked; use another`);
  const namespace = await store.namespaceById(key.namespaceId);
  if (!namespace) throw unauthenticated(`the namespace of API key ${key.id} is gone`);
  const { id: namespaceId, name, sealed } = namespace;
  return { kind: 'namespace', namespaceId, namespace: name, sealed, apiKeyId: key.id };
}

/** Whether a key that was good once still is. */
export async function isStillValid(store: ControlStore, apiKeyId: string): Promise<boolean> {
  const key = await store.apiKeyById(apiKeyId);
  return key !== undefined && key.revokedAt === undefined;
}

function unauthenticated(message: string): PerdureServiceError {
  return new PerdureServiceError('UNAUTHENTICATED', message);
}

/** Constant time, whatever the lengths. */
function isSame(a: string, b: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}
