/**
 * One local activity call (semantics 60, 61). The host runs it inside the workflow task and tells
 * its outcome, which a marker keeps; a wait between attempts that is too long to sit out in a task
 * comes back here and becomes a durable timer.
 */
import {
  ActivityCancellationType,
  ActivityFailure,
  CancelledFailure,
  type LocalActivityOptions,
  RetryState,
  compileRetryPolicy,
} from '@perdure/common';
import { CancellationScope } from '../cancellation-scope.ts';
import type { LocalActivityInput } from '../interceptors.ts';
import type { ActivationJob, LocalActivityBackoff, SandboxCommand } from './activation.ts';
import { activityTimeout, requireTimeout } from './activity-call.ts';
import { headersOrNone } from './headers.ts';
import { intercepted } from './interception.ts';
import { leavingScope } from './leaving-scope.ts';
import { errorFrom, firstValueOf, payloadsOf } from './payloads.ts';
import type { Run } from './run.ts';
import { startTimer } from './timer.ts';

const DEFAULT_LOCAL_RETRY_THRESHOLD_MS = 60_000;

/** A call whose outcome has not come. */
export interface PendingLocalActivity {
  readonly activityType: string;
  /** With the value, or with the wait that is to come. */
  resolve(value: unknown): void;
  reject(error: unknown): void;
  readonly stack?: string;
  seq?: number;
}

/** Options as the command carries them. */
type CompiledOptions = Pick<
  Extract<SandboxCommand, { kind: 'scheduleLocalActivity' }>,
  | 'scheduleToCloseTimeoutMs'
  | 'scheduleToStartTimeoutMs'
  | 'startToCloseTimeoutMs'
  | 'localRetryThresholdMs'
  | 'retryPolicy'
  | 'cancellationType'
>;

/**
 * Checks options.
 *
 * @throws TypeError when neither startToCloseTimeout nor scheduleToCloseTimeout is set
 * @throws ValueError for a bad duration or retry policy
 */
export function compileLocalActivityOptions(options: LocalActivityOptions): CompiledOptions {
  requireTimeout(options);
  return {
    scheduleToCloseTimeoutMs: activityTimeout(options, 'scheduleToCloseTimeout'),
    scheduleToStartTimeoutMs: activityTimeout(options, 'scheduleToStartTimeout'),
    startToCloseTimeoutMs: activityTimeout(options, 'startToCloseTimeout'),
    localRetryThresholdMs:
      activityTimeout(options, 'localRetryThreshold') ?? DEFAULT_LOCAL_RETRY_THRESHOLD_MS,
    retryPolicy: compileRetryPolicy(options.retry ?? {}),
    cancellationType: options.cancellationType ?? ActivityCancellationType.TRY_CANCEL,
  };
}

/**
 * Runs a local activity in the current scope.
 *
 * @throws ReferenceError when the worker has no such activity
 */
export async function callLocalActivity(
  run: Run,
  activityType: string,
  args: unknown[],
  options: LocalActivityOptions,
): Promise<unknown> {
  let input: LocalActivityInput = {
    activityType,
    args,
    options,
    headers: {},
    seq: run.localActivities.nextSeq,
    attempt: 1,
  };
  const execute = intercepted(run.interceptors?.outbound, 'scheduleLocalActivity', (each) =>
    attempt(run, each),
  );
  for (;;) {
    const outcome = await execute(input);
    if (!(outcome instanceof Backoff)) return outcome;
    const { backoffMs, attempt: next, originalScheduleTimeMs } = outcome.facts;
    await startTimer(run, backoffMs, CancellationScope.current()).promise;
    const seq = run.localActivities.nextSeq;
    input = { ...input, seq, attempt: next, originalScheduleTimeMs };
  }
}

/** Job `resolveLocalActivity`. */
export function resolveLocalActivity(
  run: Run,
  { seq, outcome }: Extract<ActivationJob, { kind: 'resolveLocalActivity' }>,
): void {
  const pending = run.localActivities.take(seq);
  if (!pending) return;
  switch (outcome.kind) {
    case 'completed':
      return pending.resolve(firstValueOf(run, outcome.result));
    case 'backoff':
      return pending.resolve(new Backoff(outcome));
    case 'failed':
      return pending.reject(errorFrom(run, outcome.failure));
    case 'canceled':
      return pending.reject(cancelled(pending.activityType, errorFrom(run, outcome.failure)));
  }
}

/** Passes through interceptors as if it were a value. */
class Backoff {
  readonly facts: LocalActivityBackoff;
  constructor(facts: LocalActivityBackoff) {
    this.facts = facts;
  }
}

function attempt(run: Run, input: LocalActivityInput): Promise<unknown> {
  const { activityType, args, headers } = input;
  const options = compileLocalActivityOptions(input.options);
  if (run.registeredActivities?.includes(activityType) === false) {
    throw new ReferenceError(`Local activity of type '${activityType}' not registered on worker`);
  }
  const scope = CancellationScope.current();
  return new Promise((resolve, reject) => {
    if (scope.consideredCancelled) return reject(scope.cancellation);
    const command = run.push({
      kind: 'scheduleLocalActivity',
      seq: 0,
      activityType,
      args: payloadsOf(run, args),
      headers: headersOrNone(headers),
      attempt: input.attempt,
      originalScheduleTimeMs: input.originalScheduleTimeMs ?? run.timestampMs,
      ...options,
    });
    const leaveScope = scope.onCancel(() => cancel(run, command, pending));
    const pending: PendingLocalActivity = {
      activityType,
      ...leavingScope(leaveScope, resolve, reject),
      stack: run.callStack(),
    };
    run.localActivities.add(command, pending);
  });
}

/** What the cancellation comes to, the host tells: a marker must keep it. */
function cancel(run: Run, command: SandboxCommand, pending: PendingLocalActivity): void {
  if (pending.seq !== undefined) {
    run.push({ kind: 'requestCancelLocalActivity', localActivity: pending.seq });
    return;
  }
  run.localActivities.withdraw(command);
  run.withdraw((each) => each === command);
  pending.reject(cancelled(pending.activityType, new CancelledFailure('')));
}

function cancelled(activityType: string, cause: Error): ActivityFailure {
  return new ActivityFailure(
    'Local Activity cancelled',
    activityType,
    undefined,
    RetryState.CANCEL_REQUESTED,
    undefined,
    cause,
  );
}
