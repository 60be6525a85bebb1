/**
 * Connections to Postgres under one of Perdure's roles. The boundary of the driver: nothing outside
 * this package sees a client.
 *
 * Guarantees: a connection that is lent has taken on its role and acts for exactly the namespaces
 * asked for; one that broke is never lent again; a new one is made when Postgres is back.
 */
import pg from 'pg';
import type { Logger } from '@perdure/common';
import { StoreUnavailableError } from '@perdure/ports';
import { namespacesSetting } from './schema.ts';
import { asStoreError } from './store-error.ts';

/** A prepared statement. The name is its identity on a connection. */
export interface Statement {
  readonly name: string;
  readonly text: string;
}

/** One value of a row: text as Postgres prints it, or what the driver makes of the type. */
export type Row = readonly unknown[];

/** How the connections of a pool are set up. */
export interface PoolOptions {
  readonly url: string;
  readonly role: string;
  /** Most connections. */
  readonly max: number;
  /** Milliseconds after which Postgres gives a statement up; 0 for never. */
  readonly statementTimeout: number;
  /** Further settings of each session. */
  readonly settings?: Readonly<Record<string, string>>;
  readonly log: Logger;
}

/** Milliseconds that connecting may take. */
export const connectTimeout = 5_000;

/**
 * Milliseconds that a session keeps its plans. A plan made for a nearly empty table may scan it
 * whole, and nothing but time tells Postgres that the table has grown.
 */
export const planLifetime = 15_000;

/** What no caller asks for, so that the next one sets its own. */
const unknownScope = '?';

/** Only index scans by nested loops are ever right in statements by key, whatever statistics say. */
export const byKeySettings = {
  plan_cache_mode: 'force_generic_plan',
  enable_seqscan: 'off',
  enable_bitmapscan: 'off',
  enable_hashjoin: 'off',
  enable_mergejoin: 'off',
  jit: 'off',
} as const;

/** What to throw when connecting failed: says where to, without user or password. */
export function connectionFailure(url: string, error: unknown): StoreUnavailableError {
  const reason = error instanceof Error ? error.message || String(error) : String(error);
  return new StoreUnavailableError(
    `wanted a connection to Postgres at ${placeOf(url)}; got: ${reason}. ` +
      'Check that Postgres runs there and that the URL is right.',
    { cause: error },
  );
}

function placeOf(url: string): string {
  try {
    const { host, pathname, searchParams } = new URL(url);
    return `${searchParams.get('host') ?? host}${pathname}`;
  } catch {
    return 'the given URL, which cannot be parsed';
  }
}

/** What a new session is told first. */
export function sessionSetup(options: Omit<PoolOptions, 'max'>): string {
  return [
    `set role ${options.role}`,
    `set statement_timeout = ${options.statementTimeout}`,
    ...Object.entries(options.settings ?? {}).map(([name, value]) => `set ${name} = ${value}`),
  ].join('; ');
}

/** Connections that share a role. */
export class RolePool {
  readonly #pool: pg.Pool;
  readonly #url: string;
  readonly #scopes = new WeakMap<pg.PoolClient, string>();
  readonly #planned = new WeakMap<pg.PoolClient, number>();

  constructor(options: PoolOptions) {
    this.#url = options.url;
    const setup = sessionSetup(options);
    this.#pool = new pg.Pool({
      connectionString: options.url,
      max: options.max,
      idleTimeoutMillis: 0,
      connectionTimeoutMillis: connectTimeout,
      keepAlive: true,
      pipeline: true,
      application_name: options.role,
      // oxlint-disable-next-line typescript/no-misused-promises -- the pool waits for the promise
      onConnect: async (client) => {
        // A lent client that breaks says so twice: to the statement, and by an event that would
        // end the process if nobody listened.
        client.on('error', () => {});
        await client.query(setup);
      },
    });
    this.#pool.on('error', (error) => {
      options.log.warn('Postgres ended an idle connection', { reason: error.message });
    });
  }

  /**
   * Runs a prepared statement for some namespaces. One round trip.
   *
   * @param scope namespaces acted for, as `scopeOf` writes them; none for tables of no tenant
   * @throws StoreUnavailableError when Postgres cannot be reached or broke off
   */
  async run(statement: Statement, values: unknown[], scope?: string): Promise<Row[]> {
    const client = await this.#borrow();
    let broken: Error | undefined;
    try {
      const entered = this.#enter(client, scope);
      const [result] = await Promise.all([
        client.query<unknown[]>({ ...statement, values, rowMode: 'array' }),
        entered,
      ]);
      return result.rows;
    } catch (error) {
      // A statement error leaves the session usable; after anything else nobody knows.
      this.#scopes.set(client, unknownScope);
      const seen = asStoreError(error, statement.name);
      if (seen instanceof StoreUnavailableError) broken = seen;
      throw seen;
    } finally {
      client.release(broken);
    }
  }

  /** The driver's pool, for drizzle. Its sessions act for no namespace. */
  get forQueryBuilder(): pg.Pool {
    return this.#pool;
  }

  /** Waits for statements in flight, then ends every connection. */
  async close(): Promise<void> {
    await this.#pool.end();
  }

  async #borrow(): Promise<pg.PoolClient> {
    try {
      return await this.#pool.connect();
    } catch (error) {
      throw connectionFailure(this.#url, error);
    }
  }

  /** What must go before the statement, in the same packet: usually nothing. */
  async #enter(client: pg.PoolClient, scope: string | undefined): Promise<void> {
    const sent: Promise<unknown>[] = [];
    const now = performance.now();
    if (now - (this.#planned.get(client) ?? 0) > planLifetime) {
      this.#planned.set(client, now);
      sent.push(client.query('discard plans'));
    }
    if (scope !== undefined && (this.#scopes.get(client) ?? '') !== scope) {
      this.#scopes.set(client, scope);
      sent.push(client.query({ ...actFor, values: [scope] }));
    }
    await Promise.all(sent);
  }
}

/** Says which namespaces a session acts for. */
export const actFor = {
  name: 'act_for',
  text: `select set_config('${namespacesSetting}', $1, false)`,
};

/** The setting that names these namespaces; repeats and order do not matter. */
export function scopeOf(namespaceIds: Iterable<number>): string {
  return [...new Set(namespaceIds)].sort((a, b) => a - b).join(',');
}
