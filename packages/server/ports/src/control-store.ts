/** Namespaces and API keys. */

export interface Namespace {
  readonly id: number;
  readonly name: string;
  /** Whether the server refuses plaintext payloads. Default true. */
  readonly sealed: boolean;
  readonly createdAt: number;
}

export interface ApiKey {
  /** Public half, part of the key text. */
  readonly id: string;
  readonly namespaceId: number;
  /** For people. */
  readonly label: string;
  /** SHA-256 of the secret half. The secret itself is never stored. */
  readonly secretHash: Uint8Array;
  readonly createdAt: number;
  /** Set when revoked. */
  readonly revokedAt?: number;
}

export interface ControlStore {
  /** Undefined when the name is taken. */
  createNamespace(namespace: Omit<Namespace, 'id'>): Promise<Namespace | undefined>;
  namespaceByName(name: string): Promise<Namespace | undefined>;
  namespaceById(id: number): Promise<Namespace | undefined>;
  listNamespaces(): Promise<Namespace[]>;
  createApiKey(key: ApiKey): Promise<void>;
  apiKeyById(id: string): Promise<ApiKey | undefined>;
  listApiKeys(namespaceId: number): Promise<ApiKey[]>;
  /** Whether there was an unrevoked key of this namespace to revoke. */
  revokeApiKey(namespaceId: number, id: string, revokedAt: number): Promise<boolean>;
}
