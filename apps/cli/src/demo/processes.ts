/**
 * The server and worker processes of the demo: real processes, so that kill -9 is real. They end with
 * the demo, however it ends: each holds a channel to it and leaves when that closes.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** The line of `perdure dev --json`. */
export interface ServerReady {
  readonly address: string;
  readonly postgres: string;
  readonly broker: string;
}

/** A process that can be killed. */
export interface DemoProcess {
  readonly pid: number;
  /** As `kill -9`; returns when it is gone. */
  kill(): Promise<void>;
  /** Politely; returns when it is gone, after 6 s by force. */
  stop(): Promise<void>;
}

const perdure = fileURLToPath(new URL('../../bin/perdure.mjs', import.meta.url));
const workerProgram = fileURLToPath(new URL('./worker.js', import.meta.url));
const stopWithinMs = 6_000;

export class Processes {
  readonly #children = new Set<ChildProcess>();

  /** Starts `perdure dev`; resolves when it takes calls. */
  async startServer(options: {
    readonly dataDir: string;
    readonly port: number;
    readonly log: string;
  }): Promise<DemoProcess & { readonly ready: ServerReady }> {
    const { dataDir, port, log } = options;
    const args = [perdure, 'dev', '--json', '--data-dir', dataDir, '--port', String(port)];
    // A private Postgres and Redis, whatever the environment offers.
    const child = this.#spawn(args, log, { DATABASE_URL: '', REDIS_URL: '' });
    const line = await this.#first(child, log, 'The server', (resolve) => {
      if (child.stdout) createInterface(child.stdout).once('line', resolve);
    });
    return { ...this.#controls(child), ready: JSON.parse(line) as ServerReady };
  }

  /** Starts a worker; resolves when it is connected. */
  async startWorker(env: NodeJS.ProcessEnv, log: string): Promise<DemoProcess> {
    const child = this.#spawn([workerProgram], log, env);
    await this.#first(child, log, 'The worker', (resolve) => {
      child.once('message', () => resolve('ready'));
    });
    return this.#controls(child);
  }

  /** Ends what still runs. */
  async stopAll(): Promise<void> {
    await Promise.all([...this.#children].map((child) => this.#controls(child).stop()));
  }

  #spawn(args: readonly string[], log: string, env: NodeJS.ProcessEnv): ChildProcess {
    const logFile = openSync(log, 'a', 0o600);
    const child = spawn(process.execPath, args, {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', logFile, 'ipc'],
    });
    closeSync(logFile);
    this.#children.add(child);
    child.once('exit', () => this.#children.delete(child));
    return child;
  }

  /** The first sign of a child, or an error with the end of its log when it ends before. */
  #first(
    child: ChildProcess,
    log: string,
    name: string,
    listen: (resolve: (sign: string) => void) => void,
  ): Promise<string> {
    return new Promise((resolve, reject) => {
      listen(resolve);
      child.once('error', reject);
      child.once('exit', (code, signal) => {
        const how = signal ?? `code ${code}`;
        reject(new Error(`${name} ended (${how}) before it was ready. Its log:\n${tailOf(log)}`));
      });
    });
  }

  #controls(child: ChildProcess): DemoProcess {
    const gone = new Promise<void>((resolve) => {
      if (child.exitCode !== null || child.signalCode !== null) resolve();
      else child.once('exit', () => resolve());
    });
    return {
      pid: child.pid ?? 0,
      kill() {
        child.kill('SIGKILL');
        return gone;
      },
      async stop() {
        child.kill('SIGTERM');
        const force = setTimeout(() => child.kill('SIGKILL'), stopWithinMs);
        await gone;
        clearTimeout(force);
      },
    };
  }
}

/** The last lines of a log; none when it was never begun. */
export function tailOf(log: string): string {
  if (!existsSync(log)) return '';
  return readFileSync(log, 'utf8').trimEnd().split('\n').slice(-12).join('\n');
}
