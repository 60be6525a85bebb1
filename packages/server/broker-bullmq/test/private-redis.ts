/** A `redis-server` of the test's own on a free port, that the test may kill, stop and restart. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';

export class PrivateRedis {
  readonly port: number;
  readonly #directory: string;
  readonly #arguments: readonly string[];
  #process: ChildProcess | undefined;

  private constructor(port: number, directory: string, extra: readonly string[]) {
    this.port = port;
    this.#directory = directory;
    this.#arguments = ['--port', String(port), '--bind', '127.0.0.1', ...extra];
  }

  /** Picks a port; the server does not run yet. */
  static async reserve(...extra: string[]): Promise<PrivateRedis> {
    const directory = await mkdtemp(join(tmpdir(), 'perdure-redis-'));
    return new PrivateRedis(await freePort(), directory, extra);
  }

  static async start(...extra: string[]): Promise<PrivateRedis> {
    const redis = await PrivateRedis.reserve(...extra);
    try {
      await redis.start();
      return redis;
    } catch (error) {
      await redis.dispose();
      throw error;
    }
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  async start(): Promise<void> {
    this.#process = spawn('redis-server', [...this.#arguments, '--dir', this.#directory], {
      stdio: 'ignore',
    });
    endWithThisProcess(this.#process, 'SIGKILL');
    await this.use((client) => client.ping());
  }

  /** Runs something on a connection of its own, once the server answers. */
  async use<T>(work: (client: Redis) => Promise<T>): Promise<T> {
    const client = new Redis(this.url, { maxRetriesPerRequest: null, retryStrategy: () => 20 });
    client.on('error', () => undefined);
    try {
      return await work(client);
    } finally {
      client.disconnect();
    }
  }

  /** Sends a signal: SIGSTOP makes a server that accepts but never answers. */
  signal(signal: NodeJS.Signals): void {
    this.#process?.kill(signal);
  }

  async kill(): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  }

  async dispose(): Promise<void> {
    await this.kill();
    await rm(this.#directory, { recursive: true, force: true });
  }
}

/** A test that fails must not leave its server behind. */
export function endWithThisProcess(child: ChildProcess, signal: NodeJS.Signals): void {
  const end = (): void => void child.kill(signal);
  process.once('exit', end);
  child.once('exit', () => process.off('exit', end));
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port to listen on');
  return address.port;
}
