import type { CompiledRetryPolicy } from '@perdure/common';
import { type Field, count, list, name, real, record } from './record.ts';

/** A compiled retry policy as it travels. */
export const retryPolicy: Field<CompiledRetryPolicy> = record({
  initialIntervalMs: count,
  backoffCoefficient: real,
  maximumIntervalMs: count,
  maximumAttempts: count,
  nonRetryableErrorTypes: list(name, 100),
});
