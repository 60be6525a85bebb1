/**
 * Where a cluster lies and whose it is.
 *
 * Normally in the data directory. When that lies below a folder which the user that Postgres must
 * run as cannot enter (root's home, a checkout of mode 0700), the cluster lies in a store of the
 * machine and the data directory holds a pointer to it. The data directory stays the identity: it
 * may be moved with its pointer, and emptying it starts a new cluster, never an old one again.
 */
import { createHash, randomBytes } from 'node:crypto';
import { chmodSync, chownSync, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type DataDirectory } from './data-directory.ts';
import { readIfPresent, writePrivateFile } from './data-files.ts';
import { machineStores, prepareStore } from './machine-store.ts';
import { claimOwnership, type Ownership } from './ownership.ts';
import { ServiceError } from './service-error.ts';
import { canEnter, postgresUser, type ServiceUser } from './service-user.ts';

/** A place for one cluster, claimed for this process. */
export interface PostgresPlace {
  /** Of the user that Postgres runs as; holds nothing but the cluster. */
  readonly home: string;
  /** PGDATA, which exists once `initdb` was through. */
  readonly cluster: string;
  /** Undefined: Postgres runs as ourselves. */
  readonly user: ServiceUser | undefined;
  /** Whether the cluster lies outside the data directory. */
  readonly elsewhere: boolean;
  readonly release: () => void;
}

/**
 * Claims the place of the data directory's cluster, choosing it the first time.
 *
 * @throws ServiceError `DATA_DIRECTORY_IN_USE`; `DATA_DIRECTORY_DAMAGED` when the cluster that the
 *   pointer names is gone, or its user can no longer reach it; `NO_SERVICE_USER`.
 */
export async function claimPostgresPlace(
  data: DataDirectory,
  stores: readonly string[] = machineStores(),
): Promise<PostgresPlace> {
  const claims: Ownership[] = [claimOwnership(data.path, 'postgres')];
  const release = (): void => {
    for (const claim of claims) claim.release();
  };
  try {
    const root = await placeOf(data, stores);
    const elsewhere = root !== data.path;
    if (elsewhere) {
      // Two copies of a data directory may point to the same cluster.
      claims.push(claimOwnership(root, 'postgres'));
      writePrivateFile(join(root, 'origin'), `${data.path}\n`);
    }
    const home = join(root, 'postgres');
    const cluster = join(home, 'cluster');
    const user = postgresUser(cluster, data.path);
    prepareHome(home, user);
    return { home, cluster, user, elsewhere, release };
  } catch (error) {
    release();
    throw error;
  }
}

/** The directory that holds `postgres/`. */
async function placeOf(data: DataDirectory, stores: readonly string[]): Promise<string> {
  const pointer = readIfPresent(data.postgresLocation)?.trim();
  if (pointer !== undefined) {
    if (existsSync(pointer)) return pointer;
    throw new ServiceError(
      'DATA_DIRECTORY_DAMAGED',
      `The data directory ${data.path} keeps its cluster in ${pointer}, which is gone. ` +
        `Restore that, or remove ${data.path} to start empty.`,
    );
  }
  const existing = join(data.postgres, 'cluster');
  const user = postgresUser(existing, data.path);
  if (user === undefined || (await canEnter(data.path, user))) return data.path;
  if (!existsSync(existing)) return await newPlaceElsewhere(data, user, stores);
  throw new ServiceError(
    'DATA_DIRECTORY_DAMAGED',
    `Postgres runs as ${user.name}, who can no longer enter ${data.path}. ` +
      'Let that user pass through the folders above it (chmod o+x), as when it was made.',
  );
}

async function newPlaceElsewhere(
  data: DataDirectory,
  user: ServiceUser,
  stores: readonly string[],
): Promise<string> {
  const hash = createHash('sha256').update(data.path).digest('hex').slice(0, 12);
  const name = `data-${hash}-${randomBytes(3).toString('hex')}`;
  for (const store of stores) {
    if (!prepareStore(store) || !(await canEnter(store, user))) continue;
    const place = join(store, name);
    mkdirSync(place, { mode: 0o711 });
    chmodSync(place, 0o711);
    // If we die before this line an empty directory is left behind, and no data.
    writePrivateFile(data.postgresLocation, `${place}\n`);
    return place;
  }
  throw new ServiceError(
    'DATA_DIRECTORY_NOT_OURS',
    `Postgres runs as ${user.name}, who can enter neither ${data.path} nor any of ` +
      `${stores.join(', ')}. Choose a data directory that other users can pass through.`,
  );
}

function prepareHome(home: string, user: ServiceUser | undefined): void {
  mkdirSync(home, { recursive: true, mode: 0o700 });
  chmodSync(home, 0o700);
  if (user !== undefined) chownSync(home, user.uid, user.gid);
}
