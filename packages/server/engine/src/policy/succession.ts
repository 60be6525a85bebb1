/** Whether another run follows one that closes, and when (semantics 53-55). */
import type { ContinueAsNewInitiator, RetryState } from '@perdure/common';
import type { Failure } from '@perdure/protocol';
import type { ExecutionState } from '../state/execution-state.ts';
import { nextCronTime } from './cron.ts';
import { MIN_CONTINUE_AS_NEW_INTERVAL_MS } from './limits.ts';
import { backOffMs, isRetryable } from './retry.ts';

/** How a run ends, as far as its succession is concerned. */
export type Ending =
  | { readonly kind: 'completed' }
  | { readonly kind: 'failed'; readonly failure: Failure }
  | { readonly kind: 'timedOut' }
  | { readonly kind: 'continuedAsNew'; readonly backoffStartIntervalMs: number };

/** The run that follows. */
export interface Successor {
  readonly initiator: ContinueAsNewInitiator;
  readonly attempt: number;
  readonly backoffMs: number;
}

/** What follows; `retryState` says what became of a retry. */
export interface SuccessionDecision {
  readonly successor: Successor | undefined;
  readonly retryState: RetryState;
}

/** Decides what follows a run that ends now. */
export function decideSuccession(
  state: ExecutionState,
  ending: Ending,
  now: number,
): SuccessionDecision {
  if (ending.kind === 'continuedAsNew') return { ...notSet, successor: again(state, ending, now) };
  const retry = ending.kind === 'completed' ? notSet : decideRunRetry(state, ending, now);
  if (retry.successor) return retry;
  return { successor: nextTick(state, now), retryState: retry.retryState };
}

/** What a run that timed out failed of. */
export const runTimedOut: Failure = {
  message: 'workflow timeout',
  info: { kind: 'timeout', timeoutType: 'START_TO_CLOSE' },
};

const notSet = { successor: undefined, retryState: 'RETRY_POLICY_NOT_SET' } as const;

function again(
  state: ExecutionState,
  { backoffStartIntervalMs }: Extract<Ending, { kind: 'continuedAsNew' }>,
  now: number,
): Successor {
  const soonest = state.startTime + MIN_CONTINUE_AS_NEW_INTERVAL_MS - now;
  const backoffMs = Math.max(backoffStartIntervalMs, soonest, 0);
  return { initiator: 'WORKFLOW', attempt: 1, backoffMs };
}

function decideRunRetry(
  state: ExecutionState,
  ending: Extract<Ending, { kind: 'failed' | 'timedOut' }>,
  now: number,
): SuccessionDecision {
  const { succession } = state;
  if (!succession?.retryPolicy) return notSet;
  const { retryPolicy, attempt, executionDeadline } = succession;
  const failure = ending.kind === 'failed' ? ending.failure : runTimedOut;
  if (!isRetryable(failure, retryPolicy)) return givenUp('NON_RETRYABLE_FAILURE');
  const { maximumAttempts } = retryPolicy;
  if (maximumAttempts > 0 && attempt >= maximumAttempts) return givenUp('MAXIMUM_ATTEMPTS_REACHED');
  const backoffMs = backOffMs(retryPolicy, attempt);
  if (executionDeadline > 0 && now + backoffMs > executionDeadline) return givenUp('TIMEOUT');
  const successor = { initiator: 'RETRY', attempt: attempt + 1, backoffMs } as const;
  return { successor, retryState: 'IN_PROGRESS' };
}

function givenUp(retryState: RetryState): SuccessionDecision {
  return { successor: undefined, retryState };
}

/** The next time of the schedule; ticks that passed while the run ran are left out. */
function nextTick(state: ExecutionState, now: number): Successor | undefined {
  const { cronSchedule, executionDeadline } = state.succession ?? {};
  if (!cronSchedule) return undefined;
  const at = nextCronTime(cronSchedule, now);
  if (at === undefined || (executionDeadline && at > executionDeadline)) return undefined;
  return { initiator: 'CRON_SCHEDULE', attempt: 1, backoffMs: at - now };
}
