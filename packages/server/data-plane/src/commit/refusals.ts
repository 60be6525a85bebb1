/** What callers are told when a request is given up. */
import { PerdureServiceError } from '@perdure/common';

export function shuttingDown(): PerdureServiceError {
  return new PerdureServiceError('UNAVAILABLE', 'the server is shutting down; try again', {
    retryable: true,
  });
}

export function storeAway(): PerdureServiceError {
  return new PerdureServiceError(
    'UNAVAILABLE',
    'the store could not be reached in time; whether the call took effect is not known, so repeat it with the same request id',
    { retryable: true },
  );
}

/** The request itself makes the server fail: repeating it does not help. */
export function failedInside(): PerdureServiceError {
  return new PerdureServiceError(
    'INTERNAL',
    'the server failed at this request and has stored nothing of it; its log says why',
    { retryable: false },
  );
}
