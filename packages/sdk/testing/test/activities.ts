import { setTimeout as sleep } from 'node:timers/promises';
import type { TestWorkflowEnvironment } from '../src/index.ts';

/** Activities of the test workflows; one set per test. */
export class Activities {
  /** How often `flaky` was called. */
  calls = 0;
  readonly #env: TestWorkflowEnvironment;
  /** Real time that `work` takes, in milliseconds. */
  readonly #takesMs: number;

  constructor(env: TestWorkflowEnvironment, takesMs = 0) {
    this.#env = env;
    this.#takesMs = takesMs;
  }

  async work(word: string): Promise<string> {
    if (this.#takesMs > 0) await sleep(this.#takesMs);
    return word;
  }

  async flaky(failures: number): Promise<void> {
    this.calls += 1;
    if (this.calls <= failures) throw new Error(`call ${this.calls} fails`);
  }

  async long(): Promise<void> {
    await this.#env.sleep('20 days');
  }

  async unserved(): Promise<void> {
    throw new Error('nobody is to run this');
  }
}
