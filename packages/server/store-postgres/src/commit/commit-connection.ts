/**
 * The one connection of a flusher. Like a `RolePool` of one, without the lending: a flusher sends
 * one statement at a time, and every microsecond here is in every commit.
 *
 * Guarantees: it has taken on its role and acts for exactly the namespaces asked for; one that broke
 * is replaced by a new one with the next statement.
 */
import pg from 'pg';
import {
  type PoolOptions,
  type Row,
  type Statement,
  actFor,
  connectionFailure,
  connectTimeout,
  planLifetime,
  sessionSetup,
} from '../connections.ts';
import { StoreUnavailableError } from '@perdure/ports';
import { asStoreError } from '../store-error.ts';

interface Session {
  readonly client: pg.Client;
  /** Namespaces it acts for; undefined when nobody knows. */
  scope: string | undefined;
  plannedAt: number;
}

export class CommitConnection {
  readonly #options: Omit<PoolOptions, 'max'>;
  #session: Session | undefined;

  constructor(options: Omit<PoolOptions, 'max'>) {
    this.#options = options;
  }

  /**
   * Runs a prepared statement for some namespaces. One round trip.
   *
   * @throws StoreUnavailableError when Postgres cannot be reached or broke off
   */
  async run(statement: Statement, values: unknown[], scope: string): Promise<Row[]> {
    const session = this.#session ?? (await this.#connect());
    try {
      const entered = this.#enter(session, scope);
      const query = { ...statement, values, rowMode: 'array' } as const;
      const result = await session.client.query<unknown[]>(query);
      if (entered) await entered;
      return result.rows;
    } catch (error) {
      // A statement error leaves the session usable; after anything else nobody knows.
      session.scope = undefined;
      const seen = asStoreError(error, statement.name);
      if (seen instanceof StoreUnavailableError) this.#drop(session);
      throw seen;
    }
  }

  async close(): Promise<void> {
    const session = this.#session;
    this.#session = undefined;
    await session?.client.end();
  }

  async #connect(): Promise<Session> {
    const { url, role, log } = this.#options;
    const client = new pg.Client({
      connectionString: url,
      connectionTimeoutMillis: connectTimeout,
      keepAlive: true,
      pipeline: true,
      application_name: role,
    });
    const session: Session = { client, scope: '', plannedAt: performance.now() };
    // A client that breaks says so twice: to the statement, and by an event that would end the
    // process if nobody listened.
    client.on('error', (error: Error) => {
      log.warn('Postgres ended the connection that commits', { reason: error.message });
      this.#drop(session);
    });
    try {
      await client.connect();
      await client.query(sessionSetup(this.#options));
    } catch (error) {
      client.end().catch(() => {});
      throw connectionFailure(url, error);
    }
    this.#session = session;
    return session;
  }

  /** What must go before the statement, in the same packet: usually nothing. */
  #enter(session: Session, scope: string): Promise<unknown> | undefined {
    const sent: Promise<unknown>[] = [];
    const now = performance.now();
    if (now - session.plannedAt > planLifetime) {
      session.plannedAt = now;
      sent.push(session.client.query('discard plans'));
    }
    if (session.scope !== scope) {
      session.scope = scope;
      sent.push(session.client.query({ ...actFor, values: [scope] }));
    }
    return sent.length > 0 ? Promise.all(sent) : undefined;
  }

  #drop(session: Session): void {
    if (this.#session === session) this.#session = undefined;
    session.client.end().catch(() => {});
  }
}
