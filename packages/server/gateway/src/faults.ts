/** What the two sides of the gateway say, and log, when it is not the contract that refuses. */
import { type Logger, PerdureServiceError } from '@perdure/common';

/** For a fault of ours while somebody was being authenticated: they may well have a good key. */
export function cannotAuthenticate(): PerdureServiceError {
  return new PerdureServiceError(
    'UNAVAILABLE',
    'the server could not check the API key; try again',
    { retryable: true },
  );
}

/** For a path that the gateway does not serve. */
export function nothingAt(path: string): PerdureServiceError {
  return new PerdureServiceError(
    'INVALID_ARGUMENT',
    `there is nothing at '${path.slice(0, 200)}'; the server has /health, /trpc and /stream`,
  );
}

/** Logs what callers are not told: where a fault of ours came from. */
export function logFault(log: Logger, what: string, error: unknown): void {
  const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
  log.error('a request failed', { what, reason });
}
