/**
 * Ending a stack of parts, last started first, in a bounded time: a part that does not end is left
 * behind, so that the ones below it get their turn.
 */
import type { Logger } from 'pino';

/** How to end one part. */
interface Step {
  readonly name: string;
  /** Milliseconds after which the next part is ended all the same. */
  readonly withinMs: number;
  readonly end: () => Promise<void>;
}

/** What has been started so far. */
export class Shutdown {
  readonly #steps: Step[] = [];
  readonly #log: Logger;
  #ending: Promise<void> | undefined;

  constructor(log: Logger) {
    this.#log = log;
  }

  /** Adds a part that has just been started. */
  add(name: string, withinMs: number, end: () => Promise<void>): void {
    this.#steps.push({ name, withinMs, end });
  }

  /** Ends every part. Never throws; a second call waits for the first. */
  run(): Promise<void> {
    this.#ending ??= this.#run();
    return this.#ending;
  }

  async #run(): Promise<void> {
    for (const step of this.#steps.toReversed()) await this.#end(step);
  }

  async #end({ name, withinMs, end }: Step): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<'late'>((resolve) => {
      timer = setTimeout(() => resolve('late'), withinMs);
    });
    try {
      if ((await Promise.race([end(), late])) !== 'late') return;
      this.#log.warn({ part: name, withinMs }, 'did not end in time; going on without it');
    } catch (error) {
      this.#log.warn({ part: name, error: String(error) }, 'did not end cleanly');
    } finally {
      clearTimeout(timer);
    }
  }
}
