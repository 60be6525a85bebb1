import type { ApiKeyInfo } from '@perdure/contract';
import { hashSecret, newApiKey } from '../../api-key-text.ts';
import { type ControlParts, namespaceNamed } from '../parts.ts';

/** Makes an API key of a namespace. Its text is in the answer and nowhere else, ever. */
export async function createApiKey(
  parts: ControlParts,
  input: { namespace: string; label: string },
): Promise<ApiKeyInfo & { key: string }> {
  const { id: namespaceId } = await namespaceNamed(parts, input.namespace);
  const { id, secret, text } = newApiKey();
  const { label } = input;
  const createdAt = parts.clock.now();
  const secretHash = hashSecret(secret);
  await parts.store.createApiKey({ id, namespaceId, label, secretHash, createdAt });
  return { id, label, createdAt, key: text };
}
