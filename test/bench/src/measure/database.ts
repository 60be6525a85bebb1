/**
 * The benchmark's own session on the platform's Postgres: what the server has counted, how large
 * its tables are, and how long it takes to commit a row. It leaves the platform's tables alone.
 */
import pg from 'pg';
import { postmasterOf } from './process-cpu.ts';

/** Counters that only grow. */
export interface DatabaseCounters {
  /** Committed transactions of the database, those that only read included. */
  readonly commits: number;
  /** Bytes of write-ahead log of the whole server. */
  readonly walBytes: number;
  /** Transactions that wrote, committed or not. */
  readonly writes: number;
  /** When they were read, in milliseconds. */
  readonly at: number;
}

/**
 * Sessions tell the server what they have counted when they are idle, at most once a second, and at
 * the latest after ten (PGSTAT_IDLE_INTERVAL).
 */
export const countersSettleMs = 11_000;

export interface Database {
  /** For people: version, and whether commits are durable. */
  readonly about: string;
  /** Undefined when the server is not on this Linux machine. */
  readonly postmasterPid: number | undefined;
  counters(): Promise<DatabaseCounters>;
  /** Bytes of every table of the platform, indexes and long values included. */
  tableBytes(): Promise<Map<string, number>>;
  /** Commits one row. */
  commitRow(): Promise<void>;
  close(): Promise<void>;
}

const countersQuery = `
  select xact_commit::float8 as commits,
         pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::float8 as "walBytes",
         pg_snapshot_xmax(pg_current_snapshot())::text::float8 as writes
    from pg_stat_database where datname = current_database()`;

const tablesQuery = `
  select format('%s.%s', nspname, relname) as name, pg_total_relation_size(c.oid)::float8 as bytes
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
   where relkind = 'r' and nspname not in ('pg_catalog', 'information_schema', 'perdure_bench')`;

/** @param url of the platform's database, with the right to create a schema */
export async function openDatabase(url: string): Promise<Database> {
  const client = new pg.Client({ connectionString: url, application_name: 'perdure-bench' });
  // A server that goes away fails the next query.
  client.on('error', () => {});
  await client.connect();
  await client.query('create schema if not exists perdure_bench');
  await client.query(
    'create table if not exists perdure_bench.floor (id bigint primary key, data text not null)',
  );
  await client.query('truncate perdure_bench.floor');
  const data = 'x'.repeat(100);
  let rows = 0;
  return {
    about: await aboutServer(client),
    postmasterPid: await findPostmaster(client),
    async counters() {
      const {
        rows: [row],
      } = await client.query<Omit<DatabaseCounters, 'at'>>(countersQuery);
      if (!row) throw new Error('pg_stat_database has no row of the current database');
      return { ...row, at: performance.now() };
    },
    async tableBytes() {
      const { rows } = await client.query<{ name: string; bytes: number }>(tablesQuery);
      return new Map(rows.map(({ name, bytes }) => [name, bytes]));
    },
    async commitRow() {
      await client.query({
        name: 'commit-row',
        text: 'insert into perdure_bench.floor (id, data) values ($1, $2)',
        values: [rows++, data],
      });
    },
    close: () => client.end(),
  };
}

async function aboutServer(client: pg.Client): Promise<string> {
  const settings: string[] = [];
  for (const name of ['server_version', 'fsync', 'synchronous_commit']) {
    const { rows } = await client.query<{ value: string }>('select current_setting($1) as value', [
      name,
    ]);
    settings.push(rows[0]?.value ?? '?');
  }
  const [version, fsync, synchronousCommit] = settings;
  return `Postgres ${version?.split(' ')[0]}, fsync ${fsync}, synchronous_commit ${synchronousCommit}`;
}

async function findPostmaster(client: pg.Client): Promise<number | undefined> {
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
  return rows[0] && postmasterOf(rows[0].pid);
}
