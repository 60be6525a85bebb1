/** How many connections each namespace has here: one tenant is not to take all that there are. */
import { PerdureServiceError } from '@perdure/common';
import type { Caller } from '@perdure/contract';

export class Headcount {
  readonly #most: number;
  readonly #byNamespace = new Map<string, number>();

  /** @param most connections of a namespace; the operator is not counted */
  constructor(most: number) {
    this.#most = most;
  }

  /**
   * Counts a connection in.
   *
   * @returns counts it out again; to be called once
   * @throws PerdureServiceError RESOURCE_EXHAUSTED when its namespace has all it may have
   */
  enter(caller: Caller): () => void {
    if (caller.kind !== 'namespace') return () => {};
    const { namespace } = caller;
    const count = this.#byNamespace.get(namespace) ?? 0;
    if (count >= this.#most) throw this.#full(namespace);
    this.#byNamespace.set(namespace, count + 1);
    return () => this.#leave(namespace);
  }

  #leave(namespace: string): void {
    const count = (this.#byNamespace.get(namespace) ?? 0) - 1;
    if (count > 0) this.#byNamespace.set(namespace, count);
    else this.#byNamespace.delete(namespace);
  }

  #full(namespace: string): PerdureServiceError {
    return new PerdureServiceError(
      'RESOURCE_EXHAUSTED',
      `namespace '${namespace}' has ${this.#most} connections to this server, which is all it may ` +
        'have; close some, or share one connection between the clients and workers of a process',
      { retryable: true },
    );
  }
}
