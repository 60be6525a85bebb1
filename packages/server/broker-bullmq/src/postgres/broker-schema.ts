/**
 * The schema the broker lives in: BullMQ's tables and functions, and a few additions. Idempotent,
 * and safe when several processes start at once.
 */
import { ValueError } from '@perdure/common';
import { MIGRATION_ADVISORY_LOCK_KEY, quoteSchemaName, runMigrations } from 'bullmq';
import type { ClientBase } from 'pg';

/** Channel names have 63 bytes at most, and carry the schema. */
const schemaName = /^[A-Za-z_][A-Za-z0-9_]{0,39}$/;

/** @throws ValueError unless the name can be used as it is, in SQL and in a channel's name */
export function checkSchemaName(schema: string): void {
  if (schemaName.test(schema)) return;
  throw new ValueError(
    `schema must be 1 to 40 letters, digits or underscores, got ${JSON.stringify(schema)}`,
  );
}

/**
 * - `broker_epoch`: one random value. The table is unlogged: Postgres empties it after a crash and
 *   after a failover, which is when commits that did not wait for the disk may be lost.
 * - Events are thrown away before they are stored: nobody reads them, and BullMQ would write two a
 *   task and trim them slowly.
 * - Announcements take turns: two that hold the same tasks in another order would otherwise wait for
 *   each other's rows until Postgres ends one of them, a second later.
 * - A queue's table is all churn, so it is vacuumed by count, not by share.
 */
const additions = `
  CREATE UNLOGGED TABLE broker_epoch (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    epoch text NOT NULL
  );
  CREATE FUNCTION discard_event() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
  CREATE TRIGGER discard_events BEFORE INSERT ON event
    FOR EACH ROW EXECUTE FUNCTION discard_event();
  CREATE FUNCTION announce_in_turn() RETURNS trigger LANGUAGE plpgsql AS '
    BEGIN
      PERFORM pg_advisory_xact_lock(hashtext(''perdure:announce''), hashtext(TG_TABLE_SCHEMA));
      RETURN NULL;
    END';
  CREATE TRIGGER announce_in_turn BEFORE INSERT ON job
    FOR EACH STATEMENT EXECUTE FUNCTION announce_in_turn();
  ALTER TABLE job SET (
    autovacuum_vacuum_scale_factor = 0,
    autovacuum_vacuum_threshold = 2000,
    autovacuum_vacuum_insert_scale_factor = 0,
    autovacuum_vacuum_insert_threshold = 10000
  );
`;

/** Brings the schema up to date on a connection that nobody else uses meanwhile. */
export async function prepareSchema(client: ClientBase, schema: string): Promise<void> {
  // BullMQ wants a looser type than pg's overloads offer.
  const session = {
    query: (text: string, params?: readonly unknown[]) => client.query(text, params?.slice()),
  };
  await runMigrations(session, schema);
  await client.query('BEGIN');
  await client.query('SELECT pg_advisory_xact_lock($1, hashtext($2))', [
    MIGRATION_ADVISORY_LOCK_KEY,
    schema,
  ]);
  await client.query(`SET LOCAL search_path TO ${quoteSchemaName(schema)}`);
  const { rows } = await client.query<{ missing: boolean }>(
    "SELECT to_regclass('broker_epoch') IS NULL AS missing",
  );
  if (rows[0]?.missing) await client.query(additions);
  await client.query('COMMIT');
}
