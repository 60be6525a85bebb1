/**
 * Finds the Postgres programs to run: those of the npm package, else those of the system.
 *
 * What is returned has been run once, as the user that will run it: it is there, it is executable
 * and its libraries load. Where that fails for the npm package (a checkout that only root may enter,
 * links that cannot be made) the programs are copied once to a store of this machine.
 */
import { existsSync, readdirSync, realpathSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { machineStores, prepareStore } from './machine-store.ts';
import { completeLinks, findNpmPostgres, type NpmPostgres } from './npm-postgres.ts';
import { copyPrograms } from './program-copy.ts';
import { ServiceError, isSystemError, reasonOf } from './service-error.ts';
import { canEnter, runAs, type ServiceUser } from './service-user.ts';

/** Postgres programs that run on this machine. */
export interface PostgresPrograms {
  readonly postgres: string;
  readonly initdb: string;
  /** As `postgres --version` gives it, for example `18.4`. */
  readonly version: string;
  readonly major: number;
}

/** Where to look, and for whom. Everything but `user` has the default a product wants. */
export interface ProgramSearch {
  readonly user: ServiceUser | undefined;
  /** The major version of an existing cluster. */
  readonly major?: number | undefined;
  readonly onProgress?: ((text: string) => void) | undefined;
  readonly npm?: NpmPostgres | undefined;
  readonly stores?: readonly string[];
  readonly systemDirectories?: readonly string[];
}

/** The oldest version that has every setting we use. */
const oldestMajor = 14;

/**
 * Finds programs of the wanted major version.
 *
 * @throws ServiceError `BINARIES_NOT_FOUND` with what was tried, or `VERSION_MISMATCH` when there
 *   are only programs that cannot open the existing cluster.
 */
export async function findPostgresPrograms(search: ProgramSearch): Promise<PostgresPrograms> {
  const tried: string[] = [];
  const others: string[] = [];
  for await (const found of candidates(search, tried)) {
    if (search.major === undefined || found.major === search.major) return found;
    others.push(found.version);
  }
  if (others.length > 0) {
    throw new ServiceError(
      'VERSION_MISMATCH',
      `The data directory was made by Postgres ${search.major}, and this machine has ` +
        `${others.join(', ')}. Install Postgres ${search.major}, or start with a new data directory.`,
    );
  }
  throw new ServiceError(
    'BINARIES_NOT_FOUND',
    `No Postgres that runs here was found (${tried.join('; ')}). Set DATABASE_URL to a running ` +
      `Postgres, or install Postgres ${oldestMajor} or newer (Debian: apt-get install postgresql).`,
  );
}

async function* candidates(
  search: ProgramSearch,
  tried: string[],
): AsyncGenerator<PostgresPrograms> {
  const npm = 'npm' in search ? search.npm : findNpmPostgres();
  if (npm === undefined) tried.push(`no npm package for ${process.platform}-${process.arch}`);
  else {
    const found = await programsOf(npm, search, tried);
    if (found !== undefined) yield found;
  }
  for (const directory of search.systemDirectories ?? systemDirectories()) {
    try {
      yield await probe(directory, search.user);
    } catch (error) {
      tried.push(`${directory}: ${reasonOf(error).trim()}`);
    }
  }
}

async function programsOf(
  npm: NpmPostgres,
  search: ProgramSearch,
  tried: string[],
): Promise<PostgresPrograms | undefined> {
  try {
    completeLinks(npm.directory);
    return await probe(join(npm.directory, 'bin'), search.user);
  } catch (error) {
    tried.push(`${npm.directory}: ${reasonOf(error).trim()}`);
  }
  for (const store of search.stores ?? machineStores()) {
    const copy = join(store, `postgres-${npm.version}`);
    try {
      if (!prepareStore(store) || !(await canEnter(store, search.user))) continue;
      if (!existsSync(copy)) search.onProgress?.(`Copying the Postgres programs to ${copy} (once)`);
      await copyPrograms(npm.directory, copy, completeLinks);
      return await probe(join(copy, 'bin'), search.user);
    } catch (error) {
      tried.push(`${copy}: ${reasonOf(error).trim()}`);
    }
  }
  return undefined;
}

/** Runs the server program to learn its version. Throws when it does not run or is too old. */
async function probe(bin: string, user: ServiceUser | undefined): Promise<PostgresPrograms> {
  const [postgres, initdb] = [join(bin, 'postgres'), join(bin, 'initdb')];
  const text = await runAs(user, postgres, ['--version']);
  const [, version, major] = /\(PostgreSQL\) ((\d+)\S*)/.exec(text) ?? [];
  if (version === undefined) throw new Error(`unexpected version: ${text.trim()}`);
  if (Number(major) < oldestMajor) throw new Error(`Postgres ${version} is too old`);
  return { postgres, initdb, version, major: Number(major) };
}

/** The directories of this system that hold a server and an initdb, best first, each once. */
export function systemDirectories(): string[] {
  const onPath = (process.env['PATH'] ?? '').split(delimiter).filter((entry) => entry !== '');
  const packaged = [
    ...versionsIn('/usr/lib/postgresql', '', 'bin'),
    ...versionsIn('/usr', 'pgsql-', 'bin'),
    ...versionsIn('/opt/homebrew/opt', 'postgresql@', 'bin'),
    ...versionsIn('/usr/local/opt', 'postgresql@', 'bin'),
  ];
  const complete = [...onPath, ...packaged].filter((directory) =>
    ['postgres', 'initdb'].every((program) => existsSync(join(directory, program))),
  );
  return [...new Set(complete.map((directory) => realpathSync(join(directory, 'postgres'))))].map(
    dirname,
  );
}

/** `<root>/<prefix><number>/<leaf>`, the highest number first. */
function versionsIn(root: string, prefix: string, leaf: string): string[] {
  try {
    return readdirSync(root)
      .filter((name) => name.startsWith(prefix) && /^\d+$/.test(name.slice(prefix.length)))
      .sort((a, b) => Number(b.slice(prefix.length)) - Number(a.slice(prefix.length)))
      .map((name) => join(root, name, leaf));
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'EACCES', 'ENOTDIR')) return [];
    throw error;
  }
}
