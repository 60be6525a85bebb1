/**
 * Cancellation scopes: a tree along which requests to stop travel. The root of a run is cancelled by
 * its client; a scope is cancelled by code, by its timeout, or with its parent.
 *
 * Timers, conditions and activity calls belong to the scope they are made in. A request reaches them
 * one microtask hop after it is made and one more for each level of the tree, so whatever the same
 * activation reports as done is done, and not cancelled.
 */
import {
  CancelledFailure,
  type Duration,
  IllegalStateError,
  msOptionalToNumber,
} from '@perdure/common';
import { currentFrame, runInFrame } from './runtime/async-frame.ts';
import { startedRun } from './runtime/current-run.ts';
import { cancelTimer, startTimer } from './runtime/timer.ts';

/** Options of a {@link CancellationScope}. */
export interface CancellationScopeOptions {
  /** Cancels the scope when it is still running after this time. Default none. */
  timeout?: Duration;
  /** Whether requests reach what runs in the scope. Default true. */
  cancellable?: boolean;
  /** Default: the scope of the calling code. */
  parent?: CancellationScope;
}

type CancelListener = (error: CancelledFailure) => void;

/** See the head of this file. */
export class CancellationScope {
  /** Milliseconds. */
  readonly timeout: number | undefined;
  readonly cancellable: boolean;
  /** Never resolves; rejects with the {@link CancelledFailure} when cancellation is requested. */
  readonly cancelRequested: Promise<never>;
  readonly parent: CancellationScope | undefined;

  #error: CancelledFailure | undefined;
  #reject!: (error: CancelledFailure) => void;
  readonly #listeners = new Set<CancelListener>();
  readonly #followParent: CancelListener = (error) => this.#request(error);
  readonly #message: string;

  constructor(options?: CancellationScopeOptions);
  /** @internal */
  constructor(options: CancellationScopeOptions | undefined, root: typeof ROOT);
  constructor(options: CancellationScopeOptions = {}, root?: typeof ROOT) {
    this.timeout = msOptionalToNumber(options.timeout);
    this.cancellable = options.cancellable ?? true;
    this.#message = root === ROOT ? 'Workflow canceled' : 'Cancellation scope cancelled';
    this.cancelRequested = new Promise<never>((_, reject) => {
      this.#reject = reject;
    });
    this.cancelRequested.catch((error: CancelledFailure) => {
      for (const listener of this.#listeners) listener(error);
    });
    if (root === ROOT) return;
    this.parent = options.parent ?? CancellationScope.current();
    if (!this.parent.cancellable) return;
    this.#followUp(this.parent);
  }

  /** The scope of the calling code; the run's root scope where no other was entered. */
  static current(): CancellationScope {
    const frame = currentFrame();
    return frame instanceof CancellationScope
      ? frame
      : startedRun('CancellationScope.current()').rootScope;
  }

  /** Runs a function in a new cancellable scope. */
  static cancellable<T>(fn: () => Promise<T>): Promise<T> {
    return new this({ cancellable: true }).run(fn);
  }

  /** Runs a function so that no request from outside reaches what it does: for cleaning up. */
  static nonCancellable<T>(fn: () => Promise<T>): Promise<T> {
    return new this({ cancellable: false }).run(fn);
  }

  /** Runs a function in a new scope that is cancelled after `timeout`. */
  static withTimeout<T>(timeout: Duration, fn: () => Promise<T>): Promise<T> {
    return new this({ cancellable: true, timeout }).run(fn);
  }

  /** @internal The root scope of a run. */
  static createRoot(): CancellationScope {
    return new CancellationScope(undefined, ROOT);
  }

  /** Whether new timers, conditions and activity calls of this scope reject at once. */
  get consideredCancelled(): boolean {
    return this.cancellable && this.#error !== undefined;
  }

  /** Runs a function in this scope; the scope's timeout counts from here, until it ends. */
  run<T>(fn: () => Promise<T>): Promise<T> {
    return runInFrame(this, () => this.#runWithTimeout(fn));
  }

  /** Asks everything in this scope, and in the scopes below, to stop. A second call does nothing. */
  cancel(): void {
    this.#request(new CancelledFailure(this.#message));
  }

  /**
   * @internal Calls `listener` when what runs in this scope must stop; never for a scope that is not
   * cancellable. Returns how to stop listening.
   */
  onCancel(listener: CancelListener): () => void {
    if (!this.cancellable) return () => {};
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** @internal Why the scope is cancelled. */
  get cancellation(): CancelledFailure {
    if (this.#error) return this.#error;
    throw new IllegalStateError('this scope is not cancelled; look at consideredCancelled first');
  }

  async #runWithTimeout<T>(fn: () => Promise<T>): Promise<T> {
    const parent = this.parent;
    if (parent?.cancellable && this.#error === undefined) {
      parent.#listeners.add(this.#followParent);
    }
    const stopTimeout = this.timeout === undefined ? undefined : this.#startTimeout(this.timeout);
    try {
      return await fn();
    } finally {
      stopTimeout?.();
      // A long-lived parent must not collect the scopes that have ended with nothing left in them.
      if (parent && this.#listeners.size === 0) parent.#listeners.delete(this.#followParent);
    }
  }

  #startTimeout(timeoutMs: number): () => void {
    const run = startedRun('CancellationScope');
    const { timerId, promise } = startTimer(run, timeoutMs, this);
    promise.then(
      () => this.cancel(),
      () => {},
    );
    return () => cancelTimer(run, timerId);
  }

  #followUp(parent: CancellationScope): void {
    if (parent.#error) {
      this.#error = parent.#error;
      this.#reject(parent.#error);
    } else {
      parent.#listeners.add(this.#followParent);
    }
  }

  #request(error: CancelledFailure): void {
    if (this.#error) return;
    this.#error = error;
    this.#reject(error);
  }
}

const ROOT = Symbol('root scope');
