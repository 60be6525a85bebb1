/**
 * The three roles of Perdure, none of which owns a table or can log in: connections log in as the
 * user of the URL and then take on a role. Roles belong to the cluster, not to a database, so they
 * are made here and not by a migration, and several databases may be set up at once.
 */
import type { Client } from 'pg';
import { controlRole, pumpRole, runtimeRole } from './schema.ts';
import { sqlStateOf } from './store-error.ts';

const attempts = 5;

/**
 * Makes the roles that are missing and lets the connected user take them on.
 *
 * @throws DatabaseError when the user may not make roles and they are missing
 */
export async function ensureRoles(client: Client): Promise<void> {
  for (const role of [runtimeRole, pumpRole, controlRole]) await ensureRole(client, role);
}

async function ensureRole(client: Client, role: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      const { rows } = await client.query<{ exists: boolean; member: boolean }>({
        text: `select
            exists (select from pg_roles where rolname = $1) as exists,
            coalesce((select pg_has_role(oid, 'member') from pg_roles where rolname = $1), false)
              as member`,
        values: [role],
      });
      if (!rows[0]!.exists) await client.query(`create role ${role} nologin`);
      if (!rows[0]!.member) await client.query(`grant ${role} to current_user`);
      return;
    } catch (error) {
      // Another database of this cluster is being set up at the same moment: look again.
      if (!isRace(error) || attempt === attempts) throw error;
    }
  }
}

/** Duplicate object, duplicate key in a catalogue, or a catalogue row updated by two at once. */
function isRace(error: unknown): boolean {
  return ['42710', '23505', 'XX000'].includes(sqlStateOf(error) ?? '');
}
