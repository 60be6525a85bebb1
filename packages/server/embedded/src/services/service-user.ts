/**
 * As whom a private service runs.
 *
 * Postgres refuses to run as root. When we are root it runs as the owner of the cluster, or for a
 * new one as `postgres` (macOS: `_postgres`) or else `nobody`; otherwise as ourselves. Programs get
 * a bare environment: none of our secrets, none of the user's `PG*` variables.
 */
import { execFile } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { promisify } from 'node:util';
import { isRoot } from './data-files.ts';
import { ServiceError, isSystemError } from './service-error.ts';

/** An unprivileged user. */
export interface ServiceUser {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

const preferred = ['postgres', '_postgres', 'nobody'];
const run = promisify(execFile);

/** What every service is spawned with; `cwd` is a directory that every user may enter. */
export interface ServiceSpawn {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly uid?: number;
  readonly gid?: number;
}

/** The options to spawn a program as `user`, or as ourselves when undefined. */
export function spawnAs(user: ServiceUser | undefined): ServiceSpawn {
  // With TZ set, initdb does not search the whole time zone database for a match.
  const env = { PATH: process.env['PATH'], LC_ALL: 'C', TZ: 'UTC' };
  return user === undefined ? { cwd: '/', env } : { cwd: '/', env, uid: user.uid, gid: user.gid };
}

/** Runs a program to its end and returns what it printed. Throws when it fails. */
export async function runAs(
  user: ServiceUser | undefined,
  file: string,
  args: readonly string[],
): Promise<string> {
  const { stdout } = await run(file, args, { ...spawnAs(user), timeout: 120_000 });
  return stdout;
}

/**
 * The user that Postgres runs as, or undefined for ourselves.
 *
 * @param cluster the directory of the cluster, which decides when it exists.
 * @throws ServiceError `NO_SERVICE_USER` when we are root and there is nobody else.
 */
export function postgresUser(cluster: string): ServiceUser | undefined {
  if (!isRoot()) return undefined;
  return ownerOf(cluster) ?? unprivilegedUser();
}

function ownerOf(directory: string): ServiceUser | undefined {
  try {
    const { uid, gid } = statSync(directory);
    return uid === 0 ? undefined : { name: `uid ${uid}`, uid, gid };
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return undefined;
    throw error;
  }
}

/**
 * The user that stands in for root, from `/etc/passwd`.
 *
 * @throws ServiceError `NO_SERVICE_USER`.
 */
export function unprivilegedUser(passwd = readFileSync('/etc/passwd', 'utf8')): ServiceUser {
  const entries = passwd.split('\n').map((line) => line.split(':'));
  for (const name of preferred) {
    const [, , uid, gid] = entries.find((entry) => entry[0] === name) ?? [];
    // Negative ids (macOS) are the same 32 bits read with a sign.
    if (uid && gid && uid !== '0') return { name, uid: Number(uid) >>> 0, gid: Number(gid) >>> 0 };
  }
  throw new ServiceError(
    'NO_SERVICE_USER',
    'Postgres does not run as root, and /etc/passwd has none of the users ' +
      `${preferred.join(', ')} to run it as. Run as an ordinary user, add the user "postgres", ` +
      'or set DATABASE_URL to a Postgres of your own.',
  );
}

/** Whether `user` may pass through every folder down to `directory`, and enter it. */
export async function canEnter(directory: string, user: ServiceUser | undefined): Promise<boolean> {
  try {
    await runAs(user, '/bin/sh', ['-c', 'cd -- "$1"', 'sh', directory]);
    return true;
  } catch {
    return false;
  }
}
