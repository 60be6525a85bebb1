/**
 * Brings a database up to this build's schema: roles, then the migrations beside this package,
 * forward only. Safe to run from several processes at once and as often as one likes.
 */
import { fileURLToPath } from 'node:url';
import { drizzle } from 'drizzle-orm/node-postgres';
import { migrate as runMigrations } from 'drizzle-orm/node-postgres/migrator';
import pg from 'pg';
import { connectionFailure } from './connections.ts';
import { ensureRoles } from './roles.ts';

const migrationsFolder = fileURLToPath(new URL('../migrations', import.meta.url));

/** Any number, the same in every build: whoever holds it migrates. */
const migrationLock = 7_360_513_042;

/**
 * Migrates the database of a URL. Its user must own the `perdure` schema (or be able to create it)
 * and, the first time on a cluster, be able to make roles.
 *
 * @throws StoreUnavailableError when the database cannot be reached
 */
export async function migrate(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 });
  client.on('error', () => {}); // whoever waits for the query is told
  try {
    await client.connect();
  } catch (error) {
    throw connectionFailure(url, error);
  }
  try {
    await client.query('select pg_advisory_lock($1)', [migrationLock]);
    await ensureRoles(client);
    await runMigrations(drizzle(client), {
      migrationsFolder,
      migrationsSchema: 'perdure_migrations',
      migrationsTable: 'applied',
    });
  } finally {
    await client.end();
  }
}
