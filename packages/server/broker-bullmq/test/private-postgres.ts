/** A Postgres of the test's own on a free port, that the test may kill, stop and restart. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { endWithThisProcess, freePort } from './private-redis.ts';

const SYSTEM_VERSIONS = '/usr/lib/postgresql';

export class PrivatePostgres {
  readonly port: number;
  readonly #directory: string;
  readonly #user: { uid?: number; gid?: number };
  #process: ChildProcess | undefined;

  private constructor(port: number, directory: string, user: { uid?: number; gid?: number }) {
    this.port = port;
    this.#directory = directory;
    this.#user = user;
  }

  static async start(): Promise<PrivatePostgres> {
    const directory = mkdtempSync(join(tmpdir(), 'perdure-postgres-'));
    // Postgres refuses to run as root.
    const user = process.getuid?.() === 0 ? { uid: idOf('-u'), gid: idOf('-g') } : {};
    if (user.uid !== undefined) chownSync(directory, user.uid, user.gid);
    const flags = ['-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync'];
    execFileSync(program('initdb'), ['-D', join(directory, 'data'), ...flags], {
      ...user,
      cwd: directory,
      stdio: 'ignore',
    });
    const postgres = new PrivatePostgres(await freePort(), directory, user);
    await postgres.start();
    return postgres;
  }

  get url(): string {
    return `postgres://postgres@127.0.0.1:${this.port}/postgres`;
  }

  async start(): Promise<void> {
    const flags = ['-h', '127.0.0.1', '-p', String(this.port), '-k', this.#directory, '-F'];
    this.#process = spawn(program('postgres'), ['-D', join(this.#directory, 'data'), ...flags], {
      ...this.#user,
      cwd: this.#directory,
      stdio: 'ignore',
    });
    endWithThisProcess(this.#process, 'SIGINT');
    await this.query('SELECT 1');
  }

  /** Runs SQL on a connection of its own, once the server answers. */
  async query<R extends pg.QueryResultRow>(text: string): Promise<R[]> {
    for (;;) {
      const client = new pg.Client({ connectionString: this.url });
      client.on('error', () => undefined);
      try {
        await client.connect();
      } catch {
        await new Promise((resolve) => setTimeout(resolve, 20));
        continue;
      }
      try {
        const { rows } = await client.query<R>(text);
        return rows;
      } finally {
        await client.end();
      }
    }
  }

  /** Ends the server: at once and cleanly, or as a crash. */
  async stop(how: 'SIGINT' | 'SIGQUIT' = 'SIGINT'): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill(how);
    await exited;
  }

  async dispose(): Promise<void> {
    await this.stop();
    rmSync(this.#directory, { recursive: true, force: true });
  }
}

function idOf(flag: '-u' | '-g'): number {
  return Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));
}

/** The newest installed, else whatever the path has. */
function program(name: string): string {
  const versions = existsSync(SYSTEM_VERSIONS) ? readdirSync(SYSTEM_VERSIONS).toSorted() : [];
  const newest = versions.at(-1);
  return newest === undefined ? name : join(SYSTEM_VERSIONS, newest, 'bin', name);
}
