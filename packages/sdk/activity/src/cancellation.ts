/**
 * Why an attempt is to stop. The reason is the message of the `CancelledFailure` that the activity
 * sees, so that code can tell a cancelled workflow from a worker that shuts down.
 */
import { CancelledFailure } from '@perdure/common';

/** Reasons of a cancellation. */
export const ActivityCancelReason = {
  /** The workflow asked for it. */
  CANCELLED: 'CANCELLED',
  /** The worker is shutting down; the attempt will be retried elsewhere (semantics 69). */
  WORKER_SHUTDOWN: 'WORKER_SHUTDOWN',
  /** A deadline of the attempt has passed. */
  TIMED_OUT: 'TIMED_OUT',
  /** Details given to `heartbeat` could not be turned into a payload. */
  HEARTBEAT_DETAILS_CONVERSION_FAILED: 'HEARTBEAT_DETAILS_CONVERSION_FAILED',
  /** The server no longer knows this attempt: the workflow closed, or another attempt took over. */
  NOT_FOUND: 'NOT_FOUND',
  PAUSED: 'PAUSED',
  RESET: 'RESET',
} as const;
export type ActivityCancelReason = (typeof ActivityCancelReason)[keyof typeof ActivityCancelReason];

/** The same as flags, for code that would rather not compare texts. */
export interface ActivityCancellationDetails {
  readonly cancelRequested: boolean;
  readonly workerShutdown: boolean;
  readonly timedOut: boolean;
  readonly notFound: boolean;
  readonly paused: boolean;
  readonly reset: boolean;
}

/** The flags of a reason. */
export function cancellationDetailsOf(reason: ActivityCancelReason): ActivityCancellationDetails {
  return {
    cancelRequested: reason === ActivityCancelReason.CANCELLED,
    workerShutdown: reason === ActivityCancelReason.WORKER_SHUTDOWN,
    timedOut: reason === ActivityCancelReason.TIMED_OUT,
    notFound: reason === ActivityCancelReason.NOT_FOUND,
    paused: reason === ActivityCancelReason.PAUSED,
    reset: reason === ActivityCancelReason.RESET,
  };
}

/**
 * The cancellation of one attempt, from the side that cancels: a promise, an abort signal and the
 * details, always in step. Promise and signal are made when they are first asked for: most attempts
 * never look.
 */
export class ActivityCancellation {
  private controller: AbortController | undefined;
  private promise: Promise<never> | undefined;
  private reject: ((failure: CancelledFailure) => void) | undefined;
  private failure: CancelledFailure | undefined;
  private found: ActivityCancellationDetails | undefined;

  /** Rejects with a `CancelledFailure` whose message is the reason; never resolves. */
  get cancelled(): Promise<never> {
    this.promise ??= this.makePromise();
    return this.promise;
  }

  /** Aborted with the same `CancelledFailure` as reason. */
  get signal(): AbortSignal {
    if (!this.controller) {
      this.controller = new AbortController();
      if (this.failure) this.controller.abort(this.failure);
    }
    return this.controller.signal;
  }

  /** `undefined` until cancelled. */
  get details(): ActivityCancellationDetails | undefined {
    return this.found;
  }

  /** Cancels; only the first reason counts. */
  cancel(reason: ActivityCancelReason): void {
    if (this.found) return;
    this.found = cancellationDetailsOf(reason);
    this.failure = new CancelledFailure(reason);
    this.reject?.(this.failure);
    this.controller?.abort(this.failure);
  }

  private makePromise(): Promise<never> {
    const promise = new Promise<never>((_, reject) => {
      this.reject = reject;
      if (this.failure) reject(this.failure);
    });
    // An activity that never looks must not end the process by an unhandled rejection.
    promise.catch(() => undefined);
    return promise;
  }
}
