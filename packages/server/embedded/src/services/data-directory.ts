/**
 * The data directory of the private services: what lies where, and whose it is.
 *
 * ```
 * <data directory>/       0700; 0711 when made by root, so that Postgres' own user may pass
 *   perdure-data          the marker: this directory is ours
 *   <role>.owner.<n>      who runs a service here (ownership.ts)
 *   postgres/             of the user that Postgres runs as
 *     cluster/            PGDATA
 *   postgres-location     instead of postgres/: where the cluster is (postgres-place.ts)
 *   postgres-password     0600
 *   postgres.log          0600
 *   redis/                working directory of Redis; holds no data
 *   redis.log             0600
 * ```
 *
 * A directory that exists, is not empty and has no marker is refused, because its permissions are
 * about to be changed and its contents may one day be removed.
 */
import {
  accessSync,
  chmodSync,
  constants,
  mkdirSync,
  readdirSync,
  realpathSync,
  rmSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { isRoot, readIfPresent, writePrivateFile } from './data-files.ts';
import { claimOwnership, type Ownership } from './ownership.ts';
import { killAll } from './process-identity.ts';
import { ServiceError, isSystemError, reasonOf } from './service-error.ts';

const markerName = 'perdure-data';
const markerText = 'The private services of a Perdure server keep their data here. Format 1.\n';

/** The paths of a data directory. */
export interface DataDirectory {
  /** The real path: the identity of everything in it. */
  readonly path: string;
  readonly marker: string;
  readonly postgres: string;
  readonly postgresLocation: string;
  readonly postgresPassword: string;
  readonly postgresLog: string;
  readonly redis: string;
  readonly redisLog: string;
}

function layout(path: string): DataDirectory {
  return {
    path,
    marker: join(path, markerName),
    postgres: join(path, 'postgres'),
    postgresLocation: join(path, 'postgres-location'),
    postgresPassword: join(path, 'postgres-password'),
    postgresLog: join(path, 'postgres.log'),
    redis: join(path, 'redis'),
    redisLog: join(path, 'redis.log'),
  };
}

/**
 * Opens a data directory, making it (and its parents) if there is none. Claims nothing: any number
 * of processes may look.
 *
 * @throws ServiceError `DATA_DIRECTORY_NOT_OURS` when it holds other files or we may not use it.
 */
export function openDataDirectory(directory: string): DataDirectory {
  const wanted = resolve(directory);
  try {
    mkdirSync(wanted, { recursive: true, mode: 0o700 });
    const paths = layout(realpathSync(wanted));
    accessSync(paths.path, constants.R_OK | constants.W_OK | constants.X_OK);
    if (readIfPresent(paths.marker) === undefined) {
      // The marker goes first, so that a second process finds it, its draft, or nothing.
      const foreign = readdirSync(paths.path).filter((name) => !name.startsWith(markerName));
      if (foreign.length > 0) throw notOurs(paths.path);
      writePrivateFile(paths.marker, markerText);
    }
    chmodSync(paths.path, isRoot() ? 0o711 : 0o700);
    return paths;
  } catch (error) {
    if (error instanceof ServiceError) throw error;
    throw new ServiceError(
      'DATA_DIRECTORY_NOT_OURS',
      `The data directory ${wanted} cannot be used: ${reasonOf(error)}. ` +
        'Choose a directory that you may write, or run as the user who made this one.',
      { cause: error },
    );
  }
}

function notOurs(path: string): ServiceError {
  return new ServiceError(
    'DATA_DIRECTORY_NOT_OURS',
    `The directory ${path} holds files that are not Perdure's. ` +
      'Choose a directory that is empty or does not exist yet.',
  );
}

/**
 * Removes a data directory and all it holds, wherever its parts lie. Services that a killed owner
 * left behind in it are ended. A directory that does not exist is no error.
 *
 * @throws ServiceError `DATA_DIRECTORY_IN_USE` when a living process has it,
 *   `DATA_DIRECTORY_NOT_OURS` when it has no marker.
 */
export async function removeDataDirectory(directory: string): Promise<void> {
  const path = realPathIfPresent(directory);
  if (path === undefined) return;
  const paths = layout(path);
  if (readIfPresent(paths.marker) === undefined) throw notOurs(path);
  const claims: Ownership[] = [];
  try {
    for (const role of ['postgres', 'redis']) claims.push(claimOwnership(path, role));
    await killAll(paths.redis, 'redis-server');
    await killAll(join(paths.postgres, 'cluster'), 'postgres');
    await removeClusterElsewhere(paths);
    rmSync(path, { recursive: true, force: true });
  } finally {
    for (const claim of claims) claim.release();
  }
}

/** A copy of a data directory points to a cluster too, but only the original may remove it. */
async function removeClusterElsewhere(paths: DataDirectory): Promise<void> {
  const place = readIfPresent(paths.postgresLocation)?.trim();
  if (place === undefined || readIfPresent(join(place, 'origin'))?.trim() !== paths.path) return;
  await killAll(join(place, 'postgres', 'cluster'), 'postgres');
  rmSync(place, { recursive: true, force: true });
}

function realPathIfPresent(directory: string): string | undefined {
  try {
    return realpathSync(directory);
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return undefined;
    throw error;
  }
}
