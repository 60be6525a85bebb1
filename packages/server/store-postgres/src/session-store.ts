/** `SessionStore` on Postgres: one row per session, renewed by upsert. */
import type { SessionStore } from '@perdure/ports';
import { textArray } from './binary-array.ts';
import type { RolePool } from './connections.ts';
import { fromStored } from './stored-text.ts';

// Rows in order of key, so that two processes never lock each other out.
const renew = {
  name: 'renew_sessions',
  text: `insert into perdure.worker_sessions (session_id, expires_at)
    select distinct id collate "C", $2::int8 from unnest($1::text[]) id order by 1
    on conflict (session_id) do update set expires_at = excluded.expires_at`,
};

const live = {
  name: 'live_sessions',
  text: `select session_id from perdure.worker_sessions
    where session_id = any ($1::text[]) and expires_at > $2`,
};

const end = {
  name: 'end_sessions',
  text: `delete from perdure.worker_sessions
    where session_id = any (array(
      select session_id from perdure.worker_sessions
      where session_id = any ($1::text[]) or expires_at <= $2
      order by session_id for update))`,
};

/** Leases of worker sessions. */
export class PostgresSessionStore implements SessionStore {
  readonly #pool: RolePool;

  constructor(pool: RolePool) {
    this.#pool = pool;
  }

  async renewSessions(sessionIds: readonly string[], expiresAt: number): Promise<void> {
    if (sessionIds.length === 0) return;
    await this.#pool.run(renew, [textArray(sessionIds), expiresAt]);
  }

  async liveSessions(sessionIds: readonly string[], now: number): Promise<Set<string>> {
    if (sessionIds.length === 0) return new Set();
    const rows = await this.#pool.run(live, [textArray(sessionIds), now]);
    return new Set(rows.map(([id]) => fromStored(id as string)));
  }

  async endSessions(sessionIds: readonly string[], now: number): Promise<void> {
    await this.#pool.run(end, [textArray(sessionIds), now]);
  }
}
