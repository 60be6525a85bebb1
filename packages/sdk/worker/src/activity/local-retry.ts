/** When a local activity is tried again: the rules that the server has for the others (semantics 13). */
import {
  ApplicationFailure,
  type CompiledRetryPolicy,
  TimeoutFailure,
  TimeoutType,
  ensureApplicationFailure,
  msOptionalToNumber,
} from '@perdure/common';

/** Milliseconds to wait before the next attempt; undefined when there is to be none. */
export function nextRetry(
  policy: CompiledRetryPolicy,
  attempt: number,
  error: unknown,
): number | undefined {
  const { initialIntervalMs, backoffCoefficient, maximumIntervalMs, maximumAttempts } = policy;
  if (maximumAttempts > 0 && attempt >= maximumAttempts) return undefined;
  if (!isRetryable(policy, error)) return undefined;
  const asked = error instanceof ApplicationFailure ? error.nextRetryDelay : undefined;
  const interval = initialIntervalMs * backoffCoefficient ** (attempt - 1);
  return msOptionalToNumber(asked) ?? Math.min(interval, maximumIntervalMs);
}

function isRetryable({ nonRetryableErrorTypes }: CompiledRetryPolicy, error: unknown): boolean {
  if (error instanceof TimeoutFailure) {
    const { timeoutType } = error;
    if (timeoutType !== TimeoutType.START_TO_CLOSE) return false;
    return !nonRetryableErrorTypes.includes('TemporalTimeout:StartToClose');
  }
  const { nonRetryable, type } = ensureApplicationFailure(error);
  return !nonRetryable && !(type !== undefined && nonRetryableErrorTypes.includes(type));
}
