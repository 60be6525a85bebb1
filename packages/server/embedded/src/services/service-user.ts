/**
 * As whom a private service runs.
 *
 * Postgres refuses to run as root. When we are root it runs as the owner of the cluster; a new one
 * belongs to the owner of the data directory or, when that is root too, to `postgres` (macOS:
 * `_postgres`) or else `nobody`. When we are not root it runs as ourselves. Programs get
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
 * @param cluster its owner decides when it exists.
 * @param dataDirectory else its owner, if an ordinary user: root works there under `sudo`.
 * @throws ServiceError `NO_SERVICE_USER` when we are root and there is nobody else.
 */
export function postgresUser(cluster: string, dataDirectory: string): ServiceUser | undefined {
  if (!isRoot()) return undefined;
  const owner = ownerOf(cluster);
  if (owner !== undefined) return { name: `uid ${owner.uid}`, ...owner };
  const users = knownUsers();
  const uid = ownerOf(dataDirectory)?.uid;
  return users.find((user) => user.uid === uid) ?? standIn(users);
}

/** The owner of a directory, unless that is root or there is no such directory. */
function ownerOf(directory: string): Omit<ServiceUser, 'name'> | undefined {
  try {
    const { uid, gid } = statSync(directory);
    return uid === 0 ? undefined : { uid, gid };
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return undefined;
    throw error;
  }
}

/** The users of `/etc/passwd`, root left out. `initdb` insists on an entry there. */
export function knownUsers(passwd = readFileSync('/etc/passwd', 'utf8')): ServiceUser[] {
  return passwd.split('\n').flatMap((line) => {
    const [name, , uid, gid] = line.split(':');
    if (!name || !uid || !gid || uid === '0') return [];
    // Negative ids (macOS) are the same 32 bits read with a sign.
    return [{ name, uid: Number(uid) >>> 0, gid: Number(gid) >>> 0 }];
  });
}

/**
 * The user that stands in for root.
 *
 * @throws ServiceError `NO_SERVICE_USER`.
 */
export function standIn(users: readonly ServiceUser[]): ServiceUser {
  for (const name of preferred) {
    const user = users.find((one) => one.name === name);
    if (user !== undefined) return user;
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
