/** A `redis-server` at an address that stays the same, to be killed and started again, empty. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { Redis } from 'ioredis';
import { freePort } from '../free-port.ts';
import { type Stage, endWithThisProcess } from '../stage.ts';

/** See the module comment. */
export class RedisProcess {
  readonly url: string;
  readonly #port: number;
  readonly #directory: string;
  #child: ChildProcess | undefined;

  private constructor(port: number, directory: string) {
    this.#port = port;
    this.#directory = directory;
    this.url = `redis://127.0.0.1:${port}`;
  }

  static async start(stage: Stage): Promise<RedisProcess> {
    const redis = new RedisProcess(await freePort(), stage.temporaryDirectory());
    stage.add('redis-server', () => redis.kill());
    await redis.restart();
    return redis;
  }

  /** Kills it; whatever it held is gone. */
  async kill(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (!child) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }

  /** Starts it and waits until it answers. */
  async restart(): Promise<void> {
    const flags = ['--port', String(this.#port), '--bind', '127.0.0.1', '--hz', '100'];
    const noFiles = ['--save', '', '--appendonly', 'no', '--dir', this.#directory];
    this.#child = spawn('redis-server', [...flags, ...noFiles], { stdio: 'ignore' });
    endWithThisProcess(this.#child);
    const client = new Redis(this.url, { maxRetriesPerRequest: null, retryStrategy: () => 20 });
    client.on('error', () => {});
    await client.ping();
    client.disconnect();
  }
}
