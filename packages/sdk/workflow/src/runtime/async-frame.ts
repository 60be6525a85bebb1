/**
 * Which cancellation scope the running code belongs to, followed across `await`.
 *
 * The host owns one frame per thread and, once tracking is switched on, keeps `current` right by
 * promise hooks. Until a run enters a scope of its own nothing is tracked and nothing is paid:
 * `undefined` means the run's root scope, which is then always the right answer.
 */
interface AsyncFrame {
  current: unknown;
}

/** The frame of this thread and the switch that makes it follow promises. */
export interface AsyncTracking {
  readonly frame: AsyncFrame;
  /** Starts following promises; safe to call again. */
  enable(): void;
}

let tracking: AsyncTracking = { frame: { current: undefined }, enable() {} };

/** Installs the host's tracking; called once, before any run exists. */
export function setAsyncTracking(value: AsyncTracking): void {
  tracking = value;
}

/** What the running code was entered with, or `undefined` at the root. */
export function currentFrame(): unknown {
  return tracking.frame.current;
}

/** Calls a function, and all that it starts, within `value`. */
export function runInFrame<T>(value: unknown, fn: () => T): T {
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
