/**
 * What the running code belongs to, followed across `await`: its cancellation scope, and the values
 * of its `AsyncLocalStorage`s.
 *
 * The host owns one frame per thread and, once tracking is switched on, keeps `current` right by
 * promise hooks. Until a run enters a frame of its own nothing is tracked and nothing is paid:
 * `undefined` means the run's root scope and no values, which is then always the right answer.
 */

/** Immutable: entering a scope or setting a value makes a new one. */
export interface Frame {
  /** A CancellationScope; undefined for the run's root scope. */
  readonly scope: unknown;
  /** Values by their storage. */
  readonly values?: ReadonlyMap<object, unknown>;
}

/** The frame of this thread and the switch that makes it follow promises. */
export interface AsyncTracking {
  /** Holds a {@link Frame}, which means nothing to the host. */
  readonly frame: { current: unknown };
  /** Starts following promises; safe to call again. */
  enable(): void;
}

let tracking: AsyncTracking = { frame: { current: undefined }, enable() {} };

/** Installs the host's tracking; called once, before any run exists. */
export function setAsyncTracking(value: AsyncTracking): void {
  tracking = value;
}

/** What the running code was entered with, or `undefined` at the root. */
export function currentFrame(): Frame | undefined {
  return tracking.frame.current as Frame | undefined;
}

/** The value that the running code was given for a storage. */
export function currentValue(storage: object): unknown {
  return currentFrame()?.values?.get(storage);
}

/** The present frame with another value for a storage. */
export function frameWithValue(storage: object, value: unknown): Frame {
  const frame = currentFrame();
  return { scope: frame?.scope, values: new Map(frame?.values).set(storage, value) };
}

/** Calls a function, and all that it starts, within a frame. */
export function runInFrame<T>(value: Frame | undefined, fn: () => T): T {
  if (value !== undefined) tracking.enable();
  const { frame } = tracking;
  const previous = frame.current;
  frame.current = value;
  try {
    return fn();
  } finally {
    frame.current = previous;
  }
}

/** Makes `value` the frame of the rest of the calling code. */
export function enterFrame(value: Frame | undefined): void {
  tracking.enable();
  tracking.frame.current = value;
}
