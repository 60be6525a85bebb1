/**
 * How many questions wait on this server. Each is kept in memory with what it asks, and travels with
 * tasks, so their number is limited, by workflow and by namespace: who asks too much harms no one
 * else.
 */
import { PerdureServiceError } from '@perdure/common';
import type { WorkflowKey } from '@perdure/ports';

/** Most questions that wait for one workflow. */
const MAX_PER_WORKFLOW = 100;
/** Most questions that wait in one namespace. */
const MAX_PER_NAMESPACE = 1_000;

export class WaitingQueries {
  readonly #counts = new Map<string, number>();

  /**
   * One question more, until the function that is returned is called.
   *
   * @throws PerdureServiceError RESOURCE_EXHAUSTED when too many wait; it passes by itself
   */
  begin({ namespaceId, workflowId }: WorkflowKey): () => void {
    const namespace = `${namespaceId}`;
    const workflow = `${namespaceId}/${workflowId}`;
    if (this.#countOf(workflow) >= MAX_PER_WORKFLOW) {
      throw tooMany(MAX_PER_WORKFLOW, `for workflow '${workflowId}'`);
    }
    if (this.#countOf(namespace) >= MAX_PER_NAMESPACE) {
      throw tooMany(MAX_PER_NAMESPACE, 'in the namespace');
    }
    this.#add(namespace, 1);
    this.#add(workflow, 1);
    return () => {
      this.#add(namespace, -1);
      this.#add(workflow, -1);
    };
  }

  #countOf(name: string): number {
    return this.#counts.get(name) ?? 0;
  }

  #add(name: string, change: number): void {
    const count = this.#countOf(name) + change;
    if (count === 0) this.#counts.delete(name);
    else this.#counts.set(name, count);
  }
}

function tooMany(most: number, where: string): PerdureServiceError {
  return new PerdureServiceError(
    'RESOURCE_EXHAUSTED',
    `${most} queries wait ${where}, which is the most there may be; ask again when some are answered`,
    { retryable: true },
  );
}
