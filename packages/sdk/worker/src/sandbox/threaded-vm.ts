/**
 * A sandbox in threads of its own. A run stays in the thread in which it was created. A thread whose
 * workflow code does not come to an end, or that dies, is replaced; its runs are lost, and whoever
 * needs one makes it again by replay, in another thread.
 */
import type { Activation, ActivationResult } from '@perdure/workflow/runtime';
import {
  RunLostError,
  type Sandbox,
  type SandboxRun,
  type SandboxRunOptions,
} from './interface.ts';
import { compactActivation } from './thread/compact.ts';
import type { ActivateRequest, AnswerTo, LoadParts, Request } from './thread/messages.ts';
import { unpackResult } from './thread/unpack-result.ts';
import { ThreadEndedError, WorkflowThread } from './thread/workflow-thread.ts';

/** How threads are to be. */
export interface ThreadOptions {
  /** How many; at least 1. */
  readonly threads: number;
  /** How long an activation may take, milliseconds. */
  readonly timeoutMs: number;
  /** Most memory of a thread, megabytes. Default: Node's. */
  readonly maxHeapMb?: number;
}

/**
 * Starts the threads, and loads a bundle into them.
 *
 * @param code the threads' script, see `runtime-code.ts`
 * @param parts what they load; they start while it is being made
 * @throws Error when the bundle's top level throws, or exports no function
 * @throws DeadlockError when its top level does not come to an end
 */
export async function createThreadedSandbox(
  code: string,
  parts: Promise<LoadParts>,
  options: ThreadOptions,
): Promise<Sandbox> {
  const start = (): WorkflowThread => {
    const { timeoutMs, maxHeapMb } = options;
    return new WorkflowThread({ code, name: 'perdure workflows', timeoutMs, maxHeapMb });
  };
  const threads = Array.from({ length: options.threads }, start);
  try {
    const loaded = await parts;
    const load = { kind: 'load', ...loaded } as const;
    const [types = []] = await Promise.all(threads.map(async (thread) => thread.ask(load)));
    return new ThreadedSandbox(types, threads, () => {
      const thread = start();
      // It was loaded before; should it fail now, so will each run.
      Promise.resolve(thread.ask(load)).catch((error: Error) => thread.end(error.message));
      return thread;
    });
  } catch (error) {
    await Promise.all(threads.map((thread) => thread.end('the bundle could not be loaded')));
    throw error;
  }
}

class ThreadedSandbox implements Sandbox {
  readonly workflowTypes: readonly string[];
  readonly #threads: WorkflowThread[];
  readonly #start: () => WorkflowThread;
  #runs = 0;
  #closed = false;

  constructor(types: readonly string[], threads: WorkflowThread[], start: () => WorkflowThread) {
    this.workflowTypes = types;
    this.#threads = threads;
    this.#start = start;
  }

  createRun(runId: string, options?: SandboxRunOptions): SandboxRun {
    if (this.#closed) throw new RunLostError(runId, 'the worker has shut down');
    const thread = this.#leastLoaded();
    const run = ++this.#runs;
    thread.runs += 1;
    thread.tell({ kind: 'createRun', run, runId, options });
    return new ThreadedRun(thread, run, runId);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all(this.#threads.map((thread) => thread.end('the worker has shut down')));
  }

  /** Threads that have ended are started again here, when they are needed. */
  #leastLoaded(): WorkflowThread {
    const { length } = this.#threads;
    for (let i = 0; i < length; i++) {
      if (this.#threads[i]!.whyEnded !== undefined) this.#threads[i] = this.#start();
    }
    return this.#threads.reduce((least, each) => (each.runs < least.runs ? each : least));
  }
}

class ThreadedRun implements SandboxRun {
  readonly runId: string;
  readonly #thread: WorkflowThread;
  readonly #run: number;
  #disposed = false;

  constructor(thread: WorkflowThread, run: number, runId: string) {
    this.runId = runId;
    this.#thread = thread;
    this.#run = run;
  }

  get lost(): boolean {
    return this.#thread.whyEnded !== undefined;
  }

  activate(activation: Activation): ActivationResult | Promise<ActivationResult> {
    const request: ActivateRequest = [this.#run, compactActivation(activation)];
    const answer = this.#ask(request);
    return answer instanceof Promise ? answer.then(unpackResult) : unpackResult(answer);
  }

  pendingStacks(): readonly string[] | Promise<readonly string[]> {
    return this.#ask({ kind: 'pendingStacks', run: this.#run });
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#thread.runs -= 1;
    this.#thread.tell({ kind: 'dispose', run: this.#run });
  }

  #ask<R extends Request>(request: R): AnswerTo<R> | Promise<AnswerTo<R>> {
    if (this.#disposed) {
      throw new Error(`run ${this.runId} was disposed of; create it again and replay its history`);
    }
    const answer = this.#thread.ask(request);
    if (!(answer instanceof Promise)) return answer;
    return answer.catch((error: unknown) => {
      throw error instanceof ThreadEndedError ? new RunLostError(this.runId, error.message) : error;
    });
  }
}
