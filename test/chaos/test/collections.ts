/**
 * A load of signals: workflows that keep what they are signalled. Every value is sent once; whether
 * its call was acknowledged decides what must have arrived.
 */
import { type Client, PerdureServiceError, type WorkflowHandle } from '@perdure/client';
import { eventsOf, flawsOf } from '@perdure/test-support';
import { setTimeout as sleep } from 'node:timers/promises';
import type { collect } from '../src/workflows.ts';

/** See the module comment. */
export class Collections {
  readonly #handles: WorkflowHandle<typeof collect>[];
  readonly #acknowledged = new Map<WorkflowHandle, number[]>();
  /** Sent without an answer: they may have arrived, once. */
  readonly #uncertain = new Map<WorkflowHandle, number[]>();

  private constructor(handles: WorkflowHandle<typeof collect>[]) {
    this.#handles = handles;
    for (const handle of handles) {
      this.#acknowledged.set(handle, []);
      this.#uncertain.set(handle, []);
    }
  }

  /** Starts a number of them. */
  static async start(client: Client, taskQueue: string, count: number): Promise<Collections> {
    const starts = Array.from({ length: count }, (_, i) =>
      client.workflow.start<typeof collect>('collect', { taskQueue, workflowId: `collect-${i}` }),
    );
    return new Collections(await Promise.all(starts));
  }

  /**
   * Sends each of them the numbers from `first` on, one after the other, so that those which are
   * acknowledged must arrive in order.
   *
   * @returns how many calls failed for good
   */
  async send(first: number, count: number, pauseMs: number): Promise<number> {
    const failures = await Promise.all(
      this.#handles.map(async (handle) => {
        let failed = 0;
        for (let value = first; value < first + count; value++) {
          if (!(await this.#sendOne(handle, value))) failed++;
          await sleep(pauseMs);
        }
        return failed;
      }),
    );
    return failures.reduce((sum, failed) => sum + failed, 0);
  }

  async #sendOne(handle: WorkflowHandle, value: number): Promise<boolean> {
    try {
      await handle.signal('add', value);
      this.#acknowledged.get(handle)?.push(value);
      return true;
    } catch (error) {
      if (!isUnavailable(error)) throw error;
      this.#uncertain.get(handle)?.push(value);
      return false;
    }
  }

  /** Ends them, and says what was lost, doubled or out of order; empty when all is well. */
  async flaws(): Promise<string[]> {
    const found = await Promise.all(this.#handles.map((handle) => this.#flawsOf(handle)));
    return found.flat();
  }

  async #flawsOf(handle: WorkflowHandle<typeof collect>): Promise<string[]> {
    await handle.signal('finish');
    const got = await handle.result();
    const sure = this.#acknowledged.get(handle) ?? [];
    const unsure = new Set(this.#uncertain.get(handle));
    const flaws: string[] = [];
    if (new Set(got).size < got.length) flaws.push(`got one twice: ${got.join()}`);
    if (got.filter((value) => !unsure.has(value)).join() !== sure.join()) {
      flaws.push(`got ${got.join()}; acknowledged were ${sure.join()}`);
    }
    const { events } = await handle.fetchHistory();
    flaws.push(...flawsOf(events, true));
    const signals = eventsOf(events, 'WorkflowExecutionSignaled').length;
    if (signals !== got.length + 1) flaws.push(`got ${got.length} and finish; recorded ${signals}`);
    return flaws.map((flaw) => `${handle.workflowId}: ${flaw}`);
  }
}

function isUnavailable(error: unknown): boolean {
  return error instanceof PerdureServiceError && error.fields.retryable === true;
}
