/**
 * The store ports on Postgres. The schema is in `schema.ts` and `migrations/`, the one statement
 * that writes runs in `commit/commit-statement.ts`.
 */
import { type Logger, silentLogger } from '@perdure/common';
import type {
  ControlStore,
  ExecutionStore,
  LetterStore,
  SessionStore,
  VisibilityStore,
} from '@perdure/ports';
import { CommitConnection } from './commit/commit-connection.ts';
import { Flusher } from './commit/flusher.ts';
import { RolePool, byKeySettings } from './connections.ts';
import { PostgresControlStore } from './control-store.ts';
import { PostgresExecutionStore } from './execution-store.ts';
import { PostgresLetterStore } from './letter-store.ts';
import { controlRole, pumpRole, runtimeRole } from './schema.ts';
import { PostgresSessionStore } from './session-store.ts';
import { PostgresVisibilityStore } from './visibility-store.ts';

export { migrate } from './migrate.ts';

export interface PostgresStoreOptions {
  /** `postgres://user:password@host:port/database`, migrated; the user is a member of the roles. */
  readonly url: string;
  /** Connections that commit. Two pay off from hundreds of callers on. Default 1. */
  readonly flushers?: 1 | 2;
  /** Default: silent. */
  readonly log?: Logger;
}

/** Every port on one database. */
export interface PostgresStore {
  readonly executions: ExecutionStore;
  readonly visibility: VisibilityStore;
  readonly control: ControlStore;
  readonly sessions: SessionStore;
  readonly letters: LetterStore;
  /** Answers what has been handed in, then ends the connections. */
  close(): Promise<void>;
}

/** Milliseconds: longer than any healthy statement of its kind takes. */
const statementTimeouts = { read: 10_000, commit: 30_000 } as const;

/**
 * The ports on a migrated database. Connects when first used, and again whenever Postgres is back.
 */
export function createPostgresStore(options: PostgresStoreOptions): PostgresStore {
  const { url, log = silentLogger } = options;
  const pool = (role: string, max: number, timeout: number): RolePool =>
    new RolePool({ url, role, max, statementTimeout: timeout, settings: byKeySettings, log });
  const reads = pool(runtimeRole, 4, statementTimeouts.read);
  const pumps = pool(pumpRole, 2, statementTimeouts.read);
  const control = pool(controlRole, 2, statementTimeouts.read);
  const statementTimeout = statementTimeouts.commit;
  const commits = Array.from({ length: options.flushers ?? 1 }, () => {
    return new CommitConnection({
      url,
      role: runtimeRole,
      statementTimeout,
      settings: byKeySettings,
      log,
    });
  });
  const flushers = commits.map((connection) => new Flusher(connection));
  const executions = new PostgresExecutionStore(reads, flushers, pumps);
  return {
    executions,
    visibility: new PostgresVisibilityStore(reads),
    control: new PostgresControlStore(control),
    sessions: new PostgresSessionStore(reads),
    letters: new PostgresLetterStore(reads, pumps),
    async close() {
      await executions.idle();
      await Promise.all([reads, pumps, control, ...commits].map((each) => each.close()));
    },
  };
}
