/** Puts the control plane together over its ports. */
import type { Clock } from '@perdure/common';
import type { ApiKeyInfo, Caller, ControlService } from '@perdure/contract';
import type { ApiKey, ControlStore } from '@perdure/ports';
import { authenticate, isStillValid } from './authenticate.ts';
import { createApiKey } from './operations/create-api-key/create-api-key.ts';
import { createNamespace } from './operations/create-namespace/create-namespace.ts';
import { type ControlParts, namespaceNamed } from './operations/parts.ts';
import { revokeApiKey } from './operations/revoke-api-key/revoke-api-key.ts';

export interface ControlPlane {
  readonly control: ControlService;
  /** @throws PerdureServiceError UNAUTHENTICATED */
  authenticate(token: string | undefined): Promise<Caller>;
  /** Whether a key that was good once still is. */
  isStillValid(apiKeyId: string): Promise<boolean>;
  /** Calls back when a key is revoked on this server; returns how to stop. */
  onRevoked(listener: (apiKeyId: string) => void): () => void;
}

export function createControlPlane(options: {
  store: ControlStore;
  clock: Clock;
  /** Whoever has it may create namespaces and keys; without one nobody may from outside. */
  operatorToken?: string;
}): ControlPlane {
  const { store, clock, operatorToken } = options;
  const listeners = new Set<(apiKeyId: string) => void>();
  const parts: ControlParts = {
    store,
    clock,
    onRevoked: (id) => listeners.forEach((listener) => listener(id)),
  };
  return {
    control: controlService(parts),
    authenticate: (token) => authenticate(store, operatorToken, token),
    isStillValid: (id) => isStillValid(store, id),
    onRevoked(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

function controlService(parts: ControlParts): ControlService {
  return {
    createNamespace: (input) => createNamespace(parts, input),
    createApiKey: (input) => createApiKey(parts, input),
    revokeApiKey: (input) => revokeApiKey(parts, input),
    async listNamespaces() {
      const namespaces = await parts.store.listNamespaces();
      return namespaces.map(({ name, sealed, createdAt }) => ({ name, sealed, createdAt }));
    },
    async listApiKeys({ namespace }) {
      const { id } = await namespaceNamed(parts, namespace);
      return (await parts.store.listApiKeys(id)).map(infoOf);
    },
  };
}

/** What may be shown of a key: never its hash. */
function infoOf({ id, label, createdAt, revokedAt }: ApiKey): ApiKeyInfo {
  return { id, label, createdAt, revokedAt };
}
