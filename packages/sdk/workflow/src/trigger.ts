/** A promise that is settled by hand. */
import { CancellationScope } from './cancellation-scope.ts';

/** Settles when told to, or rejects when the scope it was made in is cancelled. */
export class Trigger<T> implements PromiseLike<T> {
  readonly resolve: (value: T | PromiseLike<T>) => void;
  readonly reject: (reason?: unknown) => void;
  readonly #promise: Promise<T>;

  constructor() {
    let resolvePromise!: (value: T | PromiseLike<T>) => void;
    let rejectPromise!: (reason?: unknown) => void;
    this.#promise = new Promise<T>((resolve, reject) => {
      resolvePromise = resolve;
      rejectPromise = reject;
    });
    // One that nobody awaits must not fail the task when its scope is cancelled.
    this.#promise.catch(() => {});
    const leaveScope = CancellationScope.current().onCancel(rejectPromise);
    this.resolve = (value) => {
      leaveScope();
      resolvePromise(value);
    };
    this.reject = (reason) => {
      leaveScope();
      rejectPromise(reason);
    };
  }

  // oxlint-disable-next-line unicorn/no-thenable -- being awaitable is what it is for
  then<A = T, B = never>(
    onfulfilled?: ((value: T) => A | PromiseLike<A>) | null,
    onrejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return this.#promise.then(onfulfilled, onrejected);
  }
}
