/** An `ExecutionStore` that fails on demand, around one that works. */
import {
  type CommitResult,
  type ExecutionStore,
  type ExecutionTransition,
  StoreUnavailableError,
} from '@perdure/ports';

/**
 * What becomes of a commit:
 * - `fails`: nothing is stored, and nobody knows
 * - `lost`: everything is stored, and nobody knows
 * - `conflicts`: every transition is told that its run has moved on
 */
export type CommitFault = 'fails' | 'lost' | 'conflicts';

export class FaultyStore implements ExecutionStore {
  readonly #inner: ExecutionStore;
  /** Faults of the commits to come, one each; then all is well. */
  readonly faults: (CommitFault | undefined)[] = [];
  /** Whether reads fail. */
  away = false;
  /** Awaited before each commit. */
  beforeCommit: (batch: readonly ExecutionTransition[]) => Promise<void> | void = () => {};
  /** Awaited before each load. */
  beforeLoad: () => Promise<void> | void = () => {};
  /** Transitions that an adapter would refuse to encode. */
  isRefused: (transition: ExecutionTransition) => boolean = () => false;
  commits = 0;
  loads = 0;

  constructor(inner: ExecutionStore) {
    this.#inner = inner;
  }

  async commit(batch: readonly ExecutionTransition[]): Promise<CommitResult[]> {
    this.commits += 1;
    await this.beforeCommit(batch);
    const fault = this.faults.shift();
    if (this.away || fault === 'fails') throw new StoreUnavailableError('failed before');
    if (batch.some(this.isRefused)) {
      // The others are stored all the same, as by the adapter for Postgres.
      await this.#inner.commit(batch.filter((each) => !this.isRefused(each)));
      throw new RangeError('wanted a safe integer');
    }
    if (fault === 'conflicts') return batch.map(() => ({ kind: 'conflict' }));
    const results = await this.#inner.commit(batch);
    if (fault === 'lost') throw new StoreUnavailableError('lost after');
    return results;
  }

  async loadCurrent(
    ...call: Parameters<ExecutionStore['loadCurrent']>
  ): ReturnType<ExecutionStore['loadCurrent']> {
    this.loads += 1;
    await this.beforeLoad();
    this.#check();
    return this.#inner.loadCurrent(...call);
  }

  async loadRun(
    ...call: Parameters<ExecutionStore['loadRun']>
  ): ReturnType<ExecutionStore['loadRun']> {
    this.#check();
    return this.#inner.loadRun(...call);
  }

  async readHistory(
    ...call: Parameters<ExecutionStore['readHistory']>
  ): ReturnType<ExecutionStore['readHistory']> {
    this.#check();
    return this.#inner.readHistory(...call);
  }

  async waitingTasks(
    ...call: Parameters<ExecutionStore['waitingTasks']>
  ): ReturnType<ExecutionStore['waitingTasks']> {
    this.#check();
    return this.#inner.waitingTasks(...call);
  }

  async dueRuns(
    ...call: Parameters<ExecutionStore['dueRuns']>
  ): ReturnType<ExecutionStore['dueRuns']> {
    this.#check();
    return this.#inner.dueRuns(...call);
  }

  async nextWakeAt(now: number): Promise<number | undefined> {
    this.#check();
    return this.#inner.nextWakeAt(now);
  }

  #check(): void {
    if (this.away) throw new StoreUnavailableError('away');
  }
}
