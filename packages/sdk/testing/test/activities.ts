import { setTimeout as sleep } from 'node:timers/promises';
import { activityInfo } from '@perdure/activity';
import type { TestWorkflowEnvironment } from '../src/index.ts';

/** Activities of the test workflows; one set per test. */
export class Activities {
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
    const { attempt } = activityInfo();
    if (attempt <= failures) throw new Error(`attempt ${attempt} fails`);
  }

  async long(): Promise<void> {
    await this.#env.sleep('20 days');
  }

  async unserved(): Promise<void> {
    throw new Error('nobody is to run this');
  }
}
