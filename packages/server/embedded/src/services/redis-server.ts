/**
 * A private Redis for one owner at a time, from the `redis-server` of this machine.
 *
 * It keeps nothing on disk, listens on loopback only and asks for a password that is new at each
 * start (given on its standard input). It does not outlive its owner: a watcher ends it when the
 * owner is killed, and the next start on the same directory ends what it finds, so that every start
 * has an empty Redis.
 */
import { spawn } from 'node:child_process';
import {
  accessSync,
  closeSync,
  constants,
  mkdirSync,
  openSync,
  readFileSync,
  statSync,
} from 'node:fs';
import { connect } from 'node:net';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openDataDirectory, type DataDirectory } from './data-directory.ts';
import { followOwner, newPassword } from './data-files.ts';
import { withPort } from './free-port.ts';
import { claimOwnership } from './ownership.ts';
import { endWithOwner } from './owner-death.ts';
import { endProcess, identify, killAll, type ProcessIdentity } from './process-identity.ts';
import { ServiceError, reasonOf } from './service-error.ts';
import { type ServiceLog } from './service-log.ts';
import { spawnAs } from './service-user.ts';

/** What a private Redis is started with. */
export interface RedisOptions {
  /** The data directory; made if there is none. May be the one of `startPostgres`. */
  readonly dir: string;
  /** A port of 127.0.0.1; by default a random free one, another at each start. */
  readonly port?: number;
  readonly log?: ServiceLog;
}

/** A private Redis that answers. */
export interface RedisServer {
  /** With its password: a secret. */
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  readonly logFile: string;
  /** Stops it, within 3 s, and gives the directory free. A second call waits for the first. */
  stop(): Promise<void>;
  /** Kills it at once and gives the directory free. */
  kill(): Promise<void>;
}

const programName = 'redis-server';
const readyWithinMs = 10_000;
const pollMs = 5;

/** The `redis-server` on PATH, or undefined. */
export function findRedisServer(): string | undefined {
  const directories = (process.env['PATH'] ?? '').split(delimiter).filter((entry) => entry !== '');
  return directories.map((directory) => join(directory, programName)).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/**
 * Starts a Redis with nothing in it.
 *
 * @throws ServiceError `BINARIES_NOT_FOUND`, `DATA_DIRECTORY_NOT_OURS`, `DATA_DIRECTORY_IN_USE`,
 *   `PORT_IN_USE` or `START_FAILED`.
 */
export async function startRedis(options: RedisOptions): Promise<RedisServer> {
  const program = findRedisServer();
  if (program === undefined) {
    throw new ServiceError(
      'BINARIES_NOT_FOUND',
      `No ${programName} on PATH. Install it (Debian: apt-get install redis-server), ` +
        'or set REDIS_URL to a running Redis.',
    );
  }
  const data = openDataDirectory(options.dir);
  const owned = claimOwnership(data.path, 'redis');
  try {
    mkdirSync(data.redis, { recursive: true, mode: 0o700 });
    followOwner(data.redis);
    await killAll(data.redis, programName);
    const password = newPassword();
    const { port, redis } = await withPort(options.port, async (candidate) => ({
      port: candidate,
      redis: await launch(program, data, candidate, password),
    }));
    options.log?.info({ pid: redis.pid, port }, 'started a private Redis');
    return {
      url: `redis://:${password}@127.0.0.1:${port}`,
      port,
      pid: redis.pid,
      logFile: data.redisLog,
      ...controls(redis, () => owned.release()),
    };
  } catch (error) {
    owned.release();
    throw error;
  }
}

function configuration(data: DataDirectory, port: number, password: string): string {
  return [
    'bind 127.0.0.1',
    `port ${port}`,
    `requirepass ${password}`,
    'daemonize no',
    'save ""',
    'appendonly no',
    // Due delayed jobs are noticed by this clock: 10 makes them 50 ms late, 100 makes them 7.
    'hz 100',
    'maxmemory-policy noeviction',
    // Its working directory is what the next start knows it by.
    `dir ${JSON.stringify(data.redis)}`,
    '',
  ].join('\n');
}

async function launch(
  program: string,
  data: DataDirectory,
  port: number,
  password: string,
): Promise<ProcessIdentity> {
  const log = openSync(data.redisLog, 'w', 0o600);
  followOwner(data.redisLog);
  const child = spawn(program, ['-'], {
    ...spawnAs(undefined),
    detached: true,
    stdio: ['pipe', log, log],
  });
  closeSync(log);
  let ended: string | undefined;
  child.once('error', (error) => (ended = reasonOf(error)));
  child.once('exit', (code, signal) => (ended = `it ended with ${signal ?? `code ${code}`}`));
  child.unref();
  child.stdin?.on('error', () => {});
  child.stdin?.end(configuration(data, port, password));
  const deadline = performance.now() + readyWithinMs;
  for (;;) {
    const identity = child.pid === undefined ? undefined : identify(child.pid);
    // Not before it says so: until then the port may be another program's.
    const listening = readFileSync(data.redisLog, 'utf8').includes('Ready to accept connections');
    if (identity !== undefined && listening && (await answers(port, password))) return identity;
    if (ended === undefined && performance.now() > deadline) {
      child.kill('SIGKILL');
      ended = `it did not answer within ${readyWithinMs / 1000} s`;
    }
    if (ended !== undefined) throw startError(data, port, ended);
    await sleep(pollMs);
  }
}

/** Whether a Redis with this password answers on the port; any other refuses the password. */
function answers(port: number, password: string): Promise<boolean> {
  return new Promise((resolve) => {
    let heard = '';
    const socket = connect({ port, host: '127.0.0.1' });
    const finish = (): void => {
      socket.destroy();
      resolve(heard.startsWith('+OK\r\n+PONG'));
    };
    socket.setTimeout(1_000, finish);
    socket.on('error', finish);
    socket.on('close', finish);
    socket.on('connect', () => socket.write(`AUTH ${password}\r\nPING\r\n`));
    socket.on('data', (chunk: Buffer) => {
      heard += chunk.toString('latin1');
      if (heard.startsWith('-') || heard.includes('PONG')) finish();
    });
  });
}

function startError(data: DataDirectory, port: number, why: string): ServiceError {
  const log = readFileSync(data.redisLog, 'utf8').trim();
  if (/address already in use/i.test(log)) {
    return new ServiceError(
      'PORT_IN_USE',
      `Port ${port} of 127.0.0.1, wanted for Redis, is taken by another program. ` +
        'Choose another port, or none to get a free one.',
    );
  }
  return new ServiceError('START_FAILED', `Redis did not start: ${why}. Its log:\n${log}`);
}

/** How to end it, once, in whichever way comes first. */
function controls(redis: ProcessIdentity, release: () => void): Pick<RedisServer, 'stop' | 'kill'> {
  const untie = endWithOwner(redis, 'SIGTERM');
  let ending: Promise<void> | undefined;
  const end = (how: () => Promise<boolean>): Promise<void> => {
    untie();
    ending ??= how().then(release, release);
    return ending;
  };
  return {
    stop: () =>
      end(() =>
        endProcess(redis, [
          ['SIGTERM', 1_500],
          ['SIGKILL', 1_000],
        ]),
      ),
    kill: () => end(() => endProcess(redis, [['SIGKILL', 1_000]])),
  };
}
