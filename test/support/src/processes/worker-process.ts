/** A worker in a process of its own, that can be killed and started again. */
import { fileURLToPath } from 'node:url';
import type { PlatformAccess } from '../platform.ts';
import type { WorkerProgramInput } from '../programs/worker.ts';
import type { Stage } from '../stage.ts';
import { Child } from './child.ts';

const program = fileURLToPath(new URL('../../dist/programs/worker.js', import.meta.url));

/** What a worker process works on. */
export type WorkerProcessOptions = Omit<WorkerProgramInput, 'address' | 'apiKey' | 'namespace'> & {
  /** For its activities to read. */
  readonly env?: Readonly<Record<string, string>>;
};

/** See the module comment. */
export class WorkerProcess {
  readonly #start: () => Promise<Child>;
  #child: Child;

  private constructor(start: () => Promise<Child>, child: Child) {
    this.#start = start;
    this.#child = child;
  }

  /** Starts one, and returns when it is about to register. */
  static async start(
    stage: Stage,
    platform: Pick<PlatformAccess, 'address' | 'apiKey' | 'namespace'>,
    { env, ...options }: WorkerProcessOptions,
  ): Promise<WorkerProcess> {
    const { address, apiKey, namespace } = platform;
    const input: WorkerProgramInput = { address, apiKey, namespace, ...options };
    const start = async (): Promise<Child> =>
      (await Child.start<unknown>({ program, input, env })).child;
    const worker = new WorkerProcess(start, await start());
    stage.add('worker process', () => worker.kill());
    return worker;
  }

  get pid(): number {
    return this.#child.pid;
  }
  /** What the present process has logged, from warnings up. */
  get log(): string {
    return this.#child.stderr;
  }

  async kill(): Promise<void> {
    if (this.#child.running) await this.#child.kill();
  }

  /** Shuts it down gracefully. */
  async stop(): Promise<void> {
    if (this.#child.running) await this.#child.stop();
  }

  /** Starts it again after a kill. */
  async restart(): Promise<void> {
    this.#child = await this.#start();
  }
}
