/**
 * Makes a database cluster: wholly or not at all.
 *
 * `initdb` works under another name in the same folder and the result is renamed, so a cluster that
 * exists is complete. The superuser's password is random and is passed in a file that only the
 * service's user can read; it is on no command line and in no log.
 */
import { randomBytes } from 'node:crypto';
import { closeSync, existsSync, fchownSync, openSync, writeFileSync } from 'node:fs';
import { readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type DataDirectory } from './data-directory.ts';
import { newPassword, readIfPresent, writePrivateFile } from './data-files.ts';
import { type PostgresPlace } from './postgres-place.ts';
import { type PostgresPrograms } from './postgres-programs.ts';
import { ServiceError, reasonOf } from './service-error.ts';
import { runAs, type ServiceUser } from './service-user.ts';

/** The superuser of every cluster, and its first database. */
export const superuser = 'postgres';

/** The major version that made the cluster, or undefined when there is none yet. */
export function clusterMajor(cluster: string): number | undefined {
  const text = readIfPresent(join(cluster, 'PG_VERSION'));
  return text === undefined ? undefined : Number.parseInt(text, 10);
}

/**
 * The superuser's password: read, or for a data directory without cluster made and stored.
 *
 * @throws ServiceError `DATA_DIRECTORY_DAMAGED` when there is a cluster and no password.
 */
export function clusterPassword(data: DataDirectory, cluster: string): string {
  const stored = readIfPresent(data.postgresPassword)?.trim();
  if (stored) return stored;
  if (existsSync(cluster)) {
    throw new ServiceError(
      'DATA_DIRECTORY_DAMAGED',
      `The password file ${data.postgresPassword} of the cluster is missing. ` +
        `Restore it, or remove ${data.path} to start empty.`,
    );
  }
  const password = newPassword();
  writePrivateFile(data.postgresPassword, `${password}\n`);
  return password;
}

/** Makes the cluster of a claimed place. Takes about a second. */
export async function createCluster(
  place: PostgresPlace,
  programs: PostgresPrograms,
  password: string,
): Promise<void> {
  await removeDrafts(place.home);
  const draft = join(place.home, `draft-${randomBytes(6).toString('hex')}`);
  const passwordFile = `${draft}-password`;
  try {
    writePasswordFor(place.user, passwordFile, password);
    await runAs(place.user, programs.initdb, [
      `--pgdata=${draft}`,
      `--username=${superuser}`,
      `--pwfile=${passwordFile}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      '--locale=C',
    ]);
    await rename(draft, place.cluster);
  } catch (error) {
    throw new ServiceError('START_FAILED', `initdb failed: ${reasonOf(error).trim()}`, {
      cause: error,
    });
  } finally {
    await rm(passwordFile, { force: true });
  }
}

/** What a killed `initdb` left, password files included. */
async function removeDrafts(home: string): Promise<void> {
  for (const name of await readdir(home)) {
    if (name.startsWith('draft-')) await rm(join(home, name), { recursive: true, force: true });
  }
}

function writePasswordFor(user: ServiceUser | undefined, path: string, password: string): void {
  // Exclusive, so that it follows no link which the user may have put there.
  const file = openSync(path, 'wx', 0o600);
  try {
    writeFileSync(file, `${password}\n`);
    if (user !== undefined) fchownSync(file, user.uid, user.gid);
  } finally {
    closeSync(file);
  }
}
