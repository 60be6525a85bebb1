/** What running a worker throws. */
import { PerdureServiceError, defineSymbolErrorClass } from '@perdure/common';

/** Activities were still running when `shutdownForceTime` was over; they were abandoned. */
export class GracefulShutdownPeriodExpiredError extends Error {
  constructor(shutdownForceMs: number) {
    super(
      `activities were still running ${shutdownForceMs} ms after shutdown began; they were abandoned and will be retried elsewhere`,
    );
  }
}
defineSymbolErrorClass('GracefulShutdownPeriodExpiredError')(GracefulShutdownPeriodExpiredError);

/** Both the worker and the work given to `runUntil` failed. */
export class CombinedWorkerRunError extends Error {
  override readonly cause: { readonly workerError: unknown; readonly innerError: unknown };
  constructor(workerError: unknown, innerError: unknown) {
    super('the worker failed, and so did the work it ran for; see cause');
    this.cause = { workerError, innerError };
  }
}
defineSymbolErrorClass('CombinedWorkerRunError')(CombinedWorkerRunError);

/** The worker has stopped, and the promise given to `runUntil` has not settled in the time it had. */
export class PromiseCompletionTimeoutError extends Error {
  constructor(timeoutMs: number) {
    super(
      `the worker stopped, and what it ran for had not ended ${timeoutMs} ms later; ` +
        'give runUntil a longer promiseCompletionTimeout, or find out who shut the worker down',
    );
  }
}
defineSymbolErrorClass('PromiseCompletionTimeoutError')(PromiseCompletionTimeoutError);

/**
 * For `instanceof` only: what connecting, and any call, throws when nobody answers, which is a
 * `PerdureServiceError` with the code UNAVAILABLE.
 */
export abstract class TransportError extends PerdureServiceError {
  static override [Symbol.hasInstance](error: unknown): error is TransportError {
    return error instanceof PerdureServiceError && error.code === 'UNAVAILABLE';
  }
}

/** A history could not be replayed; `cause` says why. */
export class ReplayError extends Error {
  readonly workflowId: string;
  readonly runId: string;
  constructor(workflowId: string, runId: string, cause: Error) {
    super(`run ${runId} of workflow '${workflowId}' cannot be replayed: ${cause.message}`, {
      cause,
    });
    this.workflowId = workflowId;
    this.runId = runId;
  }
}
defineSymbolErrorClass('ReplayError')(ReplayError);
