/** How long calls may take and who may give them up: for every call made within a function. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { PerdureServiceError } from '@perdure/common';

/** What bounds a call. */
export interface CallBounds {
  /** Milliseconds since the Unix epoch. */
  readonly deadline?: number;
  readonly abortSignal?: AbortSignal;
}

/** A call under way, with the means to give it up. */
export interface StartedCall<T> {
  readonly output: Promise<T>;
  abandon(): void;
}

const bounds = new AsyncLocalStorage<CallBounds>();

/** The bounds of calls made here, if there are any. */
export function currentBounds(): CallBounds | undefined {
  return bounds.getStore();
}

/** Runs a function; bounds that stand already stay unless they are given anew. */
export function withBounds<R>(given: CallBounds, fn: () => Promise<R>): Promise<R> {
  return bounds.run({ ...bounds.getStore(), ...given }, fn);
}

/** Milliseconds left; Infinity without a deadline. */
export function timeLeft({ deadline }: CallBounds): number {
  return deadline === undefined ? Number.POSITIVE_INFINITY : deadline - Date.now();
}

/**
 * Waits for a call as long as its bounds allow, and gives it up then.
 *
 * @throws PerdureServiceError DEADLINE_EXCEEDED or CANCELLED; what the server did is not known
 */
export async function withinBounds<T>(given: CallBounds, start: () => StartedCall<T>): Promise<T> {
  refuseIfOver(given);
  const { abortSignal } = given;
  const call = start();
  let stop: (error: Error) => void = () => {};
  const stopped = new Promise<never>((_, reject) => (stop = reject));
  const onAbort = () => stop(cancelled());
  const timer = timerFor(timeLeft(given), () => stop(tooLate()));
  abortSignal?.addEventListener('abort', onAbort);
  try {
    return await Promise.race([call.output, stopped]);
  } finally {
    clearTimeout(timer);
    abortSignal?.removeEventListener('abort', onAbort);
    call.abandon();
  }
}

/** Longest delay that a timer takes, in milliseconds. */
const MAX_TIMER_MS = 2 ** 31 - 1;

function timerFor(ms: number, ring: () => void): NodeJS.Timeout | undefined {
  return ms > MAX_TIMER_MS ? undefined : setTimeout(ring, ms);
}

function refuseIfOver(given: CallBounds): void {
  if (given.abortSignal?.aborted) throw cancelled();
  if (timeLeft(given) <= 0) throw tooLate();
}

function tooLate(): PerdureServiceError {
  return new PerdureServiceError(
    'DEADLINE_EXCEEDED',
    'the call was not answered before the deadline of withDeadline(); whether it took effect is not known',
  );
}

function cancelled(): PerdureServiceError {
  return new PerdureServiceError(
    'CANCELLED',
    'the call was given up by the signal of withAbortSignal(); whether it took effect is not known',
  );
}
