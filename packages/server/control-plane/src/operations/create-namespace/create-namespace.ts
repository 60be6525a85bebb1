import { PerdureServiceError } from '@perdure/common';
import type { NamespaceInfo } from '@perdure/contract';
import type { ControlParts } from '../parts.ts';

/** Creates a namespace; sealed means that the server refuses plaintext payloads in it. */
export async function createNamespace(
  { store, clock }: ControlParts,
  { name, sealed }: { name: string; sealed: boolean },
): Promise<NamespaceInfo> {
  const created = await store.createNamespace({ name, sealed, createdAt: clock.now() });
  if (created) return { name, sealed, createdAt: created.createdAt };
  throw new PerdureServiceError(
    'NAMESPACE_ALREADY_EXISTS',
    `namespace '${name}' exists already; choose another name`,
    { namespace: name },
  );
}
