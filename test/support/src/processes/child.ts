/** A Node program of the repository as a process of its own, that can be killed at any moment. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { endWithThisProcess } from '../stage.ts';

/** Longest wait for a program's first line, in milliseconds. */
const READY_WITHIN_MS = 60_000;

/** What a program is started with. */
export interface ChildOptions {
  /** Path of the built program. */
  readonly program: string;
  /** Handed over as JSON on its standard input. */
  readonly input: unknown;
  readonly env?: Readonly<Record<string, string>>;
}

/** See the module comment. */
export class Child {
  readonly #process: ChildProcess;
  readonly #ended: Promise<unknown>;
  #stderr = '';

  private constructor(child: ChildProcess) {
    this.#process = child;
    this.#ended = once(child, 'exit');
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.#stderr += text));
    endWithThisProcess(child);
  }

  /**
   * Starts a program and waits for the first line that it prints, which must be JSON.
   *
   * @throws Error with what it said when it ends before that
   */
  static async start<Ready>(options: ChildOptions): Promise<{ child: Child; ready: Ready }> {
    const { program, input, env } = options;
    const spawned = spawn(process.execPath, ['--enable-source-maps', program], {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...process.env, ...env },
    });
    const child = new Child(spawned);
    spawned.stdin.on('error', () => {});
    spawned.stdin.end(JSON.stringify(input));
    return { child, ready: JSON.parse(await child.#firstLine()) as Ready };
  }

  get pid(): number {
    return this.#process.pid ?? 0;
  }

  get running(): boolean {
    return this.#process.exitCode === null && this.#process.signalCode === null;
  }

  /** All that it has written to stderr. */
  get stderr(): string {
    return this.#stderr;
  }

  /** Kills it as kill -9 does, and waits until it is gone. */
  async kill(): Promise<void> {
    this.#process.kill('SIGKILL');
    await this.#ended;
  }

  /** Asks it to end, and waits until it has. */
  async stop(): Promise<void> {
    this.#process.kill('SIGTERM');
    await this.#ended;
  }

  #firstLine(): Promise<string> {
    return new Promise((resolve, reject) => {
      let heard = '';
      const timer = setTimeout(() => fail('said nothing'), READY_WITHIN_MS);
      const fail = (what: string): void => {
        clearTimeout(timer);
        reject(new Error(`the program ${what}; on stderr:\n${this.#stderr}`));
      };
      void this.#ended.then(() => fail('ended before it was ready'));
      this.#process.stdout?.setEncoding('utf8').on('data', (text: string) => {
        heard += text;
        const end = heard.indexOf('\n');
        if (end < 0) return;
        clearTimeout(timer);
        resolve(heard.slice(0, end));
      });
    });
  }
}
