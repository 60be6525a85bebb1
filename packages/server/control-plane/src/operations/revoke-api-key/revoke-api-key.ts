import { PerdureServiceError } from '@perdure/common';
import { type ControlParts, namespaceNamed } from '../parts.ts';

/** Ends a key: connections that use it are closed within seconds. */
export async function revokeApiKey(
  parts: ControlParts,
  { namespace, id }: { namespace: string; id: string },
): Promise<void> {
  const { id: namespaceId } = await namespaceNamed(parts, namespace);
  const revoked = await parts.store.revokeApiKey(namespaceId, id, parts.clock.now());
  if (!revoked) {
    throw new PerdureServiceError(
      'INVALID_ARGUMENT',
      `namespace '${namespace}' has no valid API key '${id}'; list its keys to see which there are`,
      { namespace, field: 'id' },
    );
  }
  parts.onRevoked(id);
}
