/**
 * Group commit over one connection: what arrives while a statement flies goes with the next one.
 * No timer: an idle flusher sends at once.
 *
 * Guarantees: transitions of one workflow never share a statement; a transition that Postgres
 * refuses fails alone; a statement that Postgres rolled back is sent again; one whose outcome is
 * unknown is not.
 */
import { type CommitResult, type ExecutionTransition, StoreUnavailableError } from '@perdure/ports';
import { type Row, scopeOf } from '../connections.ts';
import { fromStored } from '../stored-text.ts';
import { isTransient, isUniqueViolation, sqlStateOf } from '../store-error.ts';
import { shapeOf } from './batch-shape.ts';
import type { CommitConnection } from './commit-connection.ts';
import { commitStatement } from './commit-statement.ts';

/** Most transitions in a statement: past this a batch gains little and waits long. */
const mostPerStatement = 100;
/** Sendings of a statement that keeps losing deadlocks. */
const mostAttempts = 5;

interface Waiting {
  readonly transition: ExecutionTransition;
  /** Names the workflow, and orders a batch: every writer locks in the same order. */
  readonly order: string;
  resolve(result: CommitResult): void;
  reject(error: unknown): void;
}

/** Sends transitions, one statement at a time. */
export class Flusher {
  readonly #connection: CommitConnection;
  #waiting: Waiting[] = [];
  #flying = false;
  #drained: Promise<void> = Promise.resolve();

  constructor(connection: CommitConnection) {
    this.#connection = connection;
  }

  /**
   * Adds a transition to the next statement. Call {@link flush} when all have been added.
   *
   * @throws StoreUnavailableError when its outcome is unknown
   */
  add(transition: ExecutionTransition): Promise<CommitResult> {
    const { namespaceId, workflowId } = transition.key;
    return new Promise((resolve, reject) => {
      this.#waiting.push({ transition, order: `${namespaceId}:${workflowId}`, resolve, reject });
    });
  }

  /** Sends what waits, unless a statement flies already: then it goes with the next one. */
  flush(): void {
    if (this.#flying || this.#waiting.length === 0) return;
    this.#flying = true;
    this.#drained = this.#drain();
  }

  /** Resolves when nothing waits or flies. */
  async idle(): Promise<void> {
    while (this.#flying) await this.#drained;
  }

  async #drain(): Promise<void> {
    while (this.#waiting.length > 0) await this.#send(this.#take());
    // In the same turn as the look at what waits, so that nobody is left waiting.
    this.#flying = false;
  }

  #take(): Waiting[] {
    const batch = new Map<string, Waiting>();
    const later: Waiting[] = [];
    for (const each of this.#waiting) {
      if (batch.size < mostPerStatement && !batch.has(each.order)) batch.set(each.order, each);
      else later.push(each);
    }
    this.#waiting = later;
    return [...batch.values()].sort((a, b) => (a.order < b.order ? -1 : 1));
  }

  /** Never rejects: every failure goes to those whose transitions were in the statement. */
  async #send(batch: Waiting[]): Promise<void> {
    try {
      const results = await this.#commit(batch.map((each) => each.transition));
      for (const [i, each] of batch.entries()) each.resolve(results[i]!);
    } catch (error) {
      // Nothing was written. Sent alone, only the transition that is at fault fails.
      const faulty = !(error instanceof StoreUnavailableError) && batch.length > 1;
      if (faulty) for (const each of batch) await this.#send([each]);
      else for (const each of batch) each.reject(error);
    }
  }

  async #commit(batch: readonly ExecutionTransition[]): Promise<CommitResult[]> {
    const { mask, values } = shapeOf(batch);
    const scope = scopeOf(batch.map((each) => each.key.namespaceId));
    let guarded = false;
    for (let attempt = 1; ; attempt++) {
      try {
        const rows = await this.#connection.run(commitStatement(mask, guarded), values, scope);
        return resultsOf(rows[0]!, batch.length);
      } catch (error) {
        if (isUniqueViolation(error) && !guarded) guarded = true;
        else if (!isTransient(error)) throw error;
        else if (attempt === mostAttempts) throw gaveUp(error);
      }
    }
  }
}

function resultsOf([ok, duplicates]: Row, count: number): CommitResult[] {
  const results = Array.from<CommitResult>({ length: count }).fill({ kind: 'conflict' });
  if (typeof ok === 'string')
    for (const i of ok.split(',')) results[Number(i)] = { kind: 'committed' };
  if (typeof duplicates !== 'string') return results;
  const requestIds = new Map<number, string[]>();
  for (const [i, id] of JSON.parse(duplicates) as [number, string][]) {
    requestIds.set(i, [...(requestIds.get(i) ?? []), fromStored(id)]);
  }
  for (const [i, ids] of requestIds) results[i] = { kind: 'duplicateRequest', requestIds: ids };
  return results;
}

function gaveUp(error: unknown): StoreUnavailableError {
  return new StoreUnavailableError(
    `wanted to commit; Postgres rolled it back ${mostAttempts} times (${sqlStateOf(error)}). ` +
      'Load again and decide again.',
    { cause: error },
  );
}
