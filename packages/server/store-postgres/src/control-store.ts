/** `ControlStore` on Postgres, through drizzle: rare and not worth statements by hand. */
import { and, eq, isNull } from 'drizzle-orm';
import { type NodePgDatabase, drizzle } from 'drizzle-orm/node-postgres';
import type { ApiKey, ControlStore, Namespace } from '@perdure/ports';
import type { RolePool } from './connections.ts';
import { apiKeys, namespaces } from './schema.ts';
import { asStoreError } from './store-error.ts';

/** Namespaces and API keys. */
export class PostgresControlStore implements ControlStore {
  readonly #db: NodePgDatabase;

  constructor(pool: RolePool) {
    this.#db = drizzle(pool.forQueryBuilder);
  }

  async createNamespace(namespace: Omit<Namespace, 'id'>): Promise<Namespace | undefined> {
    const { name, sealed, createdAt } = namespace;
    const insert = this.#db.insert(namespaces).values({ name, sealed, createdAt });
    const [created] = await answer(insert.onConflictDoNothing().returning());
    return created;
  }

  async namespaceByName(name: string): Promise<Namespace | undefined> {
    const query = this.#db.select().from(namespaces).where(eq(namespaces.name, name));
    const [found] = await answer(query);
    return found;
  }

  async namespaceById(id: number): Promise<Namespace | undefined> {
    const query = this.#db.select().from(namespaces).where(eq(namespaces.id, id));
    const [found] = await answer(query);
    return found;
  }

  async listNamespaces(): Promise<Namespace[]> {
    return answer(this.#db.select().from(namespaces).orderBy(namespaces.name));
  }

  async createApiKey(key: ApiKey): Promise<void> {
    const row = { ...key, secretHash: Buffer.from(key.secretHash) };
    await answer(this.#db.insert(apiKeys).values(row));
  }

  async apiKeyById(id: string): Promise<ApiKey | undefined> {
    const [found] = await answer(this.#db.select().from(apiKeys).where(eq(apiKeys.id, id)));
    return found && keyOf(found);
  }

  async listApiKeys(namespaceId: number): Promise<ApiKey[]> {
    const query = this.#db.select().from(apiKeys).where(eq(apiKeys.namespaceId, namespaceId));
    return (await answer(query.orderBy(apiKeys.createdAt, apiKeys.id))).map(keyOf);
  }

  async revokeApiKey(namespaceId: number, id: string, revokedAt: number): Promise<boolean> {
    const named = and(eq(apiKeys.namespaceId, namespaceId), eq(apiKeys.id, id));
    const update = this.#db.update(apiKeys).set({ revokedAt });
    const revoked = await answer(
      update.where(and(named, isNull(apiKeys.revokedAt))).returning({ id: apiKeys.id }),
    );
    return revoked.length > 0;
  }
}

function keyOf({ revokedAt, ...key }: typeof apiKeys.$inferSelect): ApiKey {
  return revokedAt === null ? key : { ...key, revokedAt };
}

/** The driver's own error, not drizzle's, which would quote the parameters. */
async function answer<T>(query: PromiseLike<T>): Promise<T> {
  try {
    return await query;
  } catch (error) {
    const cause = error instanceof Error && error.cause ? error.cause : error;
    throw asStoreError(cause, 'a query of the control plane');
  }
}
