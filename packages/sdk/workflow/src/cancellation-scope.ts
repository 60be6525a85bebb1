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
  readonly parent: CancellationScope | undefined;

  #error: CancelledFailure | undefined;
  // Made when first asked for: every run has a scope, and few look at these.
  #requested: { promise: Promise<never>; reject(error: CancelledFailure): void } | undefined;
  #listeners: Set<CancelListener> | undefined;
  #followParent: CancelListener | undefined;

  constructor(options?: CancellationScopeOptions);
  /** @internal */
  constructor(options: CancellationScopeOptions | undefined, root: typeof ROOT);
  constructor(options: CancellationScopeOptions = {}, root?: typeof ROOT) {
    this.timeout = msOptionalToNumber(options.timeout);
    this.cancellable = options.cancellable ?? true;
    if (root === ROOT) return;
    this.parent = options.parent ?? CancellationScope.current();
    if (!this.parent.cancellable) return;
    this.#error = this.parent.#error;
    if (!this.#error) this.#follow(this.parent);
  }

  /** The scope of the calling code; the run's root scope where no other was entered. */
  static current(): CancellationScope {
    const scope = currentFrame()?.scope as CancellationScope | undefined;
    return scope ?? startedRun('CancellationScope.current()').rootScope;
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

  /** Never resolves; rejects with the {@link CancelledFailure} when cancellation is requested. */
  get cancelRequested(): Promise<never> {
    this.#requested ??= requestedPromise(this.#error);
    return this.#requested.promise;
  }

  /** Whether new timers, conditions and activity calls of this scope reject at once. */
  get consideredCancelled(): boolean {
    return this.cancellable && this.#error !== undefined;
  }

  /** Runs a function in this scope; the scope's timeout counts from here, until it ends. */
  run<T>(fn: () => Promise<T>): Promise<T> {
    const frame = { scope: this, values: currentFrame()?.values };
    return runInFrame(frame, () => this.#runWithTimeout(fn));
  }

  /** Asks everything in this scope, and in the scopes below, to stop. A second call does nothing. */
  cancel(): void {
    const whose = this.parent ? 'Cancellation scope cancelled' : 'Workflow canceled';
    this.#request(new CancelledFailure(whose));
  }

  /**
   * @internal Calls `listener` when what runs in this scope must stop; never for a scope that is not
   * cancellable. Returns how to stop listening.
   */
  onCancel(listener: CancelListener): () => void {
    if (!this.cancellable) return () => {};
    const listeners = (this.#listeners ??= new Set());
    listeners.add(listener);
    return () => listeners.delete(listener);
  }

  /** @internal Why the scope is cancelled. */
  get cancellation(): CancelledFailure {
    if (this.#error) return this.#error;
    throw new IllegalStateError('this scope is not cancelled; look at consideredCancelled first');
  }

  async #runWithTimeout<T>(fn: () => Promise<T>): Promise<T> {
    const { parent } = this;
    if (parent?.cancellable && !this.#error) this.#follow(parent);
    const stopTimeout = this.timeout === undefined ? undefined : this.#startTimeout(this.timeout);
    try {
      return await fn();
    } finally {
      stopTimeout?.();
      // A long-lived parent must not collect the scopes that have ended with nothing left in them.
      if (parent && !this.#listeners?.size) this.#unfollow(parent);
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

  #follow(parent: CancellationScope): void {
    this.#followParent ??= (error) => this.#request(error);
    (parent.#listeners ??= new Set()).add(this.#followParent);
  }

  #unfollow(parent: CancellationScope): void {
    if (parent.#listeners && this.#followParent) parent.#listeners.delete(this.#followParent);
  }

  #request(error: CancelledFailure): void {
    if (this.#error) return;
    this.#error = error;
    this.#requested?.reject(error);
    void Promise.resolve().then(() => {
      for (const listener of this.#listeners ?? []) listener(error);
    });
  }
}

function requestedPromise(error: CancelledFailure | undefined) {
  let reject!: (error: CancelledFailure) => void;
  const promise = new Promise<never>((_, rejectPromise) => {
    reject = rejectPromise;
  });
  // Whoever listens handles it; that nobody listens is no error.
  promise.catch(() => {});
  if (error) reject(error);
  return { promise, reject };
}

const ROOT = Symbol('root scope');
