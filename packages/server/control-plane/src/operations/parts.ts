import { type Clock, PerdureServiceError } from '@perdure/common';
import type { ControlStore, Namespace } from '@perdure/ports';

/** What operations work with. */
export interface ControlParts {
  readonly store: ControlStore;
  readonly clock: Clock;
  /** Told of a revoked key, so that live connections end at once. */
  onRevoked(apiKeyId: string): void;
}

/** @throws PerdureServiceError NAMESPACE_NOT_FOUND */
export async function namespaceNamed({ store }: ControlParts, name: string): Promise<Namespace> {
  const namespace = await store.namespaceByName(name);
  if (namespace) return namespace;
  throw new PerdureServiceError(
    'NAMESPACE_NOT_FOUND',
    `namespace '${name}' does not exist; create it first`,
    { namespace: name },
  );
}
