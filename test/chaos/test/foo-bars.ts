/**
 * A load of FooBars: two activities in a row each. Started without waiting, repeated where a call
 * fails for good, and judged at the end by what must hold however they were disturbed.
 */
import {
  type Client,
  PerdureServiceError,
  WorkflowExecutionAlreadyStartedError,
  type WorkflowHandle,
} from '@perdure/client';
import {
  type Execution,
  eventTypes,
  flawsOf,
  readLedger,
  recordedStepsReRun,
  shapeOf,
} from '@perdure/test-support';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CrewPlace } from './crew.ts';

/** What a FooBar's history is, apart from its workflow tasks: attempts that were lost leave none. */
const STEPS_IN_SHORT = 'S As Ast Ac As Ast Ac OK';
const REPEAT_AFTER_MS = 100;
/** How many unfinished runs to show. */
const SHOWN = 5;

/** See the module comment. */
export class FooBars {
  readonly #clients: readonly Client[];
  readonly #place: CrewPlace;
  readonly #args: readonly unknown[];
  readonly #started: Promise<WorkflowHandle>[] = [];
  readonly #results = new Map<string, unknown>();
  /** Starts whose call failed for good, and which were called again. */
  repeatedStarts = 0;

  /**
   * @param clients called in turn
   * @param args further arguments of the workflow
   */
  constructor(clients: readonly Client[], place: CrewPlace, args: readonly unknown[] = []) {
    this.#clients = clients;
    this.#place = place;
    this.#args = args;
  }

  /** How many have been asked for. */
  get count(): number {
    return this.#started.length;
  }

  /** How many have returned. */
  get finished(): number {
    return this.#results.size;
  }

  /** Starts more, in the background. */
  start(count: number): void {
    for (let i = 0; i < count; i++) {
      const workflowId = this.#idOf(this.#started.length);
      const started = this.#startForSure(this.#client(), workflowId);
      started
        .then(async (handle) => this.#results.set(workflowId, await handle.result()))
        .catch((error: unknown) => this.#results.set(workflowId, String(error)));
      this.#started.push(started);
    }
  }

  /** Waits until the server has acknowledged every start. */
  async acknowledged(): Promise<void> {
    await Promise.all(this.#started);
  }

  /**
   * Waits until all have returned.
   *
   * @throws Error that shows how far the unfinished ones are
   */
  async finish(withinMs: number): Promise<void> {
    const deadline = performance.now() + withinMs;
    while (this.finished < this.count && performance.now() < deadline) await sleep(20);
    if (this.finished === this.count) return;
    throw new Error(
      `${this.count - this.finished} of ${this.count} did not finish within ${withinMs} ms:\n` +
        (await this.#unfinished()).join('\n'),
    );
  }

  /**
   * All that is wrong with the finished load; empty when every start that was acknowledged exists,
   * every result is right, every history well formed, and no recorded step ran again.
   */
  async flaws(): Promise<string[]> {
    const executions = readLedger(this.#place.ledger);
    const flaws: string[] = [];
    for (const started of this.#started) {
      const handle = await started;
      const own = executions.filter(({ workflowId }) => workflowId === handle.workflowId);
      const found = await flawsOfRun(handle, own);
      const result = this.#results.get(handle.workflowId);
      if (result !== `bar(foo(${handle.workflowId}))`) found.push(`returned ${String(result)}`);
      flaws.push(...found.map((flaw) => `${handle.workflowId}: ${flaw}`));
    }
    return [...flaws, ...(await this.#flawsOfList())];
  }

  /** A start that was repeated must not have become two runs. */
  async #flawsOfList(): Promise<string[]> {
    let listed = 0;
    for await (const { workflowId } of this.#client().workflow.list({ status: 'COMPLETED' })) {
      if (workflowId.startsWith(this.#idOf(''))) listed++;
    }
    return listed === this.count ? [] : [`${listed} completed runs of ${this.count} workflows`];
  }

  #idOf(n: number | ''): string {
    return `${this.#place.taskQueue}-foo-bar-${n}`;
  }

  #client(): Client {
    return this.#clients[this.#started.length % this.#clients.length]!;
  }

  async #startForSure(client: Client, workflowId: string): Promise<WorkflowHandle> {
    const { taskQueue } = this.#place;
    let failed = false;
    for (;;) {
      try {
        return await client.workflow.start('fooBar', {
          taskQueue,
          workflowId,
          args: [workflowId, ...this.#args],
        });
      } catch (error) {
        if (failed && error instanceof WorkflowExecutionAlreadyStartedError) {
          return client.workflow.getHandle(workflowId);
        }
        if (!(error instanceof PerdureServiceError && error.fields.retryable)) throw error;
        failed = true;
        this.repeatedStarts++;
      }
      await sleep(REPEAT_AFTER_MS);
    }
  }

  async #unfinished(): Promise<string[]> {
    const waiting = this.#started
      .map((_, i) => this.#idOf(i))
      .filter((workflowId) => !this.#results.has(workflowId));
    return Promise.all(
      waiting.slice(0, SHOWN).map(async (workflowId) => {
        const handle = this.#client().workflow.getHandle(workflowId);
        const { pendingActivities, pendingWorkflowTask } = await handle.describe();
        const shape = shapeOf((await handle.fetchHistory()).events);
        return `${workflowId}: ${shape} ${JSON.stringify({ pendingActivities, pendingWorkflowTask })}`;
      }),
    );
  }
}

async function flawsOfRun(
  handle: WorkflowHandle,
  executions: readonly Execution[],
): Promise<string[]> {
  const { events } = await handle.fetchHistory();
  const flaws = [...flawsOf(events, true), ...recordedStepsReRun(events, executions)];
  const steps = shapeOf(events.filter(({ eventType }) => !eventType.startsWith('WorkflowTask')));
  if (steps !== STEPS_IN_SHORT) flaws.push(`its history is ${shapeOf(events)}`);
  // A killed worker's task times out; one that fails speaks of a workflow that was led astray.
  if (eventTypes(events).includes('WorkflowTaskFailed')) flaws.push('a workflow task failed');
  const runs = new Set(executions.map(({ runId }) => runId));
  if (runs.size !== 1) flaws.push(`its steps ran in ${runs.size} runs`);
  return flaws;
}
