import { ValueError } from './errors.ts';
import { type Duration, msToNumber } from './time.ts';

/** How a failed activity or workflow is tried again. Defaults: semantics 13. */
export interface RetryPolicy {
  /** Wait before the first retry. Default 1 second. */
  initialInterval?: Duration;
  /** Factor between one wait and the next, at least 1. Default 2. */
  backoffCoefficient?: number;
  /** Longest wait. Default 100 times the initial interval. */
  maximumInterval?: Duration;
  /** Attempts in all, the first included. Default unlimited. */
  maximumAttempts?: number;
  /** `ApplicationFailure.type`s that are never retried. */
  nonRetryableErrorTypes?: string[];
}

/** A retry policy in the form that is stored and computed with: milliseconds, no gaps. */
export interface CompiledRetryPolicy {
  readonly initialIntervalMs: number;
  readonly backoffCoefficient: number;
  readonly maximumIntervalMs: number;
  /** 0 means unlimited. */
  readonly maximumAttempts: number;
  readonly nonRetryableErrorTypes: readonly string[];
}

/** What an activity gets that names no policy (semantics 13). */
export const defaultActivityRetryPolicy: CompiledRetryPolicy = {
  initialIntervalMs: 1_000,
  backoffCoefficient: 2,
  maximumIntervalMs: 100_000,
  maximumAttempts: 0,
  nonRetryableErrorTypes: [],
};

/**
 * Checks a policy and fills its gaps.
 *
 * @throws ValueError for a negative interval, a coefficient below 1, a maximum interval below the
 * initial one, or attempts that are not a whole number of at least 1
 */
export function compileRetryPolicy(policy: RetryPolicy): CompiledRetryPolicy {
  const initialIntervalMs = msToNumber(policy.initialInterval ?? 1_000);
  const backoffCoefficient = policy.backoffCoefficient ?? 2;
  const maximumIntervalMs = msToNumber(policy.maximumInterval ?? initialIntervalMs * 100);
  refuse(initialIntervalMs <= 0, 'initialInterval', 'more than 0', policy.initialInterval);
  refuse(!(backoffCoefficient >= 1), 'backoffCoefficient', 'at least 1', backoffCoefficient);
  refuse(
    maximumIntervalMs < initialIntervalMs,
    'maximumInterval',
    'at least initialInterval',
    policy.maximumInterval,
  );
  return {
    initialIntervalMs,
    backoffCoefficient,
    maximumIntervalMs,
    maximumAttempts: compileAttempts(policy.maximumAttempts),
    nonRetryableErrorTypes: policy.nonRetryableErrorTypes ?? [],
  };
}

function compileAttempts(attempts: number | undefined): number {
  if (attempts === undefined || attempts === Number.POSITIVE_INFINITY) return 0;
  const whole = Number.isInteger(attempts) && attempts >= 1;
  refuse(!whole, 'maximumAttempts', 'a whole number of at least 1, or Infinity', attempts);
  return attempts;
}

function refuse(bad: boolean, field: string, wanted: string, got: unknown): void {
  if (bad) throw new ValueError(`RetryPolicy.${field} must be ${wanted}; got ${String(got)}`);
}
