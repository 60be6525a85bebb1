/**
 * A process that the benchmark has started and can ask. One that ends without being told to is a
 * failure of the whole run: nothing that waits for it would ever end.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Answers, Ask, Question, Told } from './questions.ts';

/** `Greeting`: what the process says of itself when it is ready. */
export interface BenchProcess<Greeting> {
  readonly pid: number;
  readonly greeting: Greeting;
  /** Rejects when the process ends by itself; never resolves. */
  readonly failure: Promise<never>;
  ask<Q extends Question>(question: Q): Promise<Answers[Q]>;
  /** Lets it end in order; by force if it takes longer than 10 s. */
  stop(): Promise<void>;
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void>;
}

export interface ProcessOptions {
  /** Compiled module that it runs. */
  readonly module: URL;
  readonly env?: Readonly<Record<string, string>>;
  /** Where it leaves a CPU profile. */
  readonly profile?: string | undefined;
}

const stopWithinMs = 10_000;

/** Starts a process and waits until it is ready. @throws Error when it ends before that */
export async function startProcess<Greeting>(
  options: ProcessOptions,
): Promise<BenchProcess<Greeting>> {
  const { module, env, profile } = options;
  const profiling = profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`];
  const child = fork(fileURLToPath(module), {
    env: { ...process.env, ...env },
    execArgv: ['--expose-gc', ...profiling],
    // Our stdout is for the report.
    stdio: ['ignore', 2, 2, 'ipc'],
  });
  const link = new Link(child, basename(module.pathname));
  const greeting = (await Promise.race([link.ready, link.failure])) as Greeting;
  return {
    pid: child.pid ?? 0,
    greeting,
    failure: link.failure,
    ask: (question) => link.ask(question),
    stop: () => link.stop(),
    kill: () => link.kill(),
  };
}

class Link {
  readonly ready: Promise<unknown>;
  readonly failure: Promise<never>;
  readonly #child: ChildProcess;
  readonly #exited: Promise<void>;
  readonly #waiting = new Map<number, (answer: unknown) => void>();
  #expected = false;
  #nextId = 1;

  constructor(child: ChildProcess, name: string) {
    this.#child = child;
    this.ready = new Promise((resolve) => {
      child.on('message', (message: Told) => {
        if (message.kind === 'ready') resolve(message.greeting);
        else this.#answered(message.id, message.answer);
      });
    });
    this.#exited = new Promise((resolve) => child.once('exit', () => resolve()));
    this.failure = new Promise((_, reject) => {
      child.once('error', reject);
      child.once('exit', (code, signal) => {
        if (this.#expected) return;
        reject(new Error(`${name} (pid ${child.pid}) ended with ${signal ?? `code ${code}`}`));
      });
    });
    // Nobody may be waiting when it comes.
    this.failure.catch(() => {});
  }

  ask<Q extends Question>(question: Q): Promise<Answers[Q]> {
    const id = this.#nextId++;
    const answer = new Promise<unknown>((resolve) => this.#waiting.set(id, resolve));
    const ask: Ask = { id, question };
    this.#child.send(ask);
    return Promise.race([answer as Promise<Answers[Q]>, this.failure]);
  }

  async stop(): Promise<void> {
    this.#expected = true;
    const force = setTimeout(() => this.#child.kill('SIGKILL'), stopWithinMs);
    if (this.#child.connected) this.#child.disconnect();
    await this.#end();
    clearTimeout(force);
  }

  async kill(): Promise<void> {
    this.#expected = true;
    this.#child.kill('SIGKILL');
    await this.#end();
  }

  async #end(): Promise<void> {
    const { exitCode, signalCode } = this.#child;
    if (exitCode === null && signalCode === null) await this.#exited;
  }

  #answered(id: number, answer: unknown): void {
    this.#waiting.get(id)?.(answer);
    this.#waiting.delete(id);
  }
}
