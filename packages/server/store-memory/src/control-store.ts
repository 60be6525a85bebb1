/** `ControlStore` in memory. */
import type { ApiKey, ControlStore, Namespace } from '@perdure/ports';

/** Namespaces and API keys. */
export class MemoryControlStore implements ControlStore {
  readonly #namespaces = new Map<string, Namespace>();
  readonly #keys = new Map<string, ApiKey>();

  async createNamespace(namespace: Omit<Namespace, 'id'>): Promise<Namespace | undefined> {
    if (this.#namespaces.has(namespace.name)) return undefined;
    const created = { ...namespace, id: this.#namespaces.size + 1 };
    this.#namespaces.set(created.name, created);
    return created;
  }

  async namespaceByName(name: string): Promise<Namespace | undefined> {
    return this.#namespaces.get(name);
  }

  async namespaceById(id: number): Promise<Namespace | undefined> {
    return [...this.#namespaces.values()].find((namespace) => namespace.id === id);
  }

  async listNamespaces(): Promise<Namespace[]> {
    return [...this.#namespaces.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** @throws Error when the id is taken or the namespace does not exist */
  async createApiKey(key: ApiKey): Promise<void> {
    if (this.#keys.has(key.id)) throw new Error(`an API key with id ${key.id} exists already`);
    if (!(await this.namespaceById(key.namespaceId))) {
      throw new Error(`wanted an existing namespace; there is none with id ${key.namespaceId}`);
    }
    this.#keys.set(key.id, key);
  }

  async apiKeyById(id: string): Promise<ApiKey | undefined> {
    return this.#keys.get(id);
  }

  async listApiKeys(namespaceId: number): Promise<ApiKey[]> {
    return [...this.#keys.values()]
      .filter((key) => key.namespaceId === namespaceId)
      .sort((a, b) => a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1));
  }

  async revokeApiKey(namespaceId: number, id: string, revokedAt: number): Promise<boolean> {
    const key = this.#keys.get(id);
    if (key?.namespaceId !== namespaceId || key.revokedAt !== undefined) return false;
    this.#keys.set(id, { ...key, revokedAt });
    return true;
  }
}
