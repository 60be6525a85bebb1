/** Values that follow the running code across `await`, as Node's class of that name does. */
import {
  currentFrame,
  currentValue,
  enterFrame,
  frameWithValue,
  runInFrame,
} from './runtime/async-frame.ts';

/** A value for each flow of calls. Made for interceptors; several do not mix. */
export class AsyncLocalStorage<T> {
  /** The value that the running code was given, if any. */
  getStore(): T | undefined {
    return currentValue(this) as T | undefined;
  }

  /** Calls a function, and all that it starts, with a value. */
  run<R, Args extends unknown[]>(store: T, fn: (...args: Args) => R, ...args: Args): R {
    return runInFrame(frameWithValue(this, store), () => fn(...args));
  }

  /** Calls a function, and all that it starts, without a value. */
  exit<R, Args extends unknown[]>(fn: (...args: Args) => R, ...args: Args): R {
    return runInFrame(frameWithValue(this, undefined), () => fn(...args));
  }

  /** Gives the rest of the calling code a value. */
  enterWith(store: T): void {
    enterFrame(frameWithValue(this, store));
  }

  /** Takes the value from the rest of the calling code. */
  disable(): void {
    if (currentFrame()?.values?.has(this)) enterFrame(frameWithValue(this, undefined));
  }
}
