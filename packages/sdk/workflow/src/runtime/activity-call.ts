/** One activity call: from the command that schedules it to how its promise settles. */
import {
  ActivityCancellationType,
  type ActivityOptions,
  type CompiledRetryPolicy,
  type Duration,
  type Priority,
  ValueError,
  compilePriority,
  compileRetryPolicy,
  msOptionalToNumber,
} from '@perdure/common';
import { CancellationScope } from '../cancellation-scope.ts';
import type { ActivityInput } from '../interceptors.ts';
import { headersOrNone } from './headers.ts';
import { intercepted } from './interception.ts';
import { activityCancelled } from './jobs/resolve-activity.ts';
import { leavingScope } from './leaving-scope.ts';
import { payloadsOf } from './payloads.ts';
import type { Run } from './run.ts';

/** Activity options as the command carries them. */
export interface CompiledActivityOptions {
  readonly source: ActivityOptions;
  readonly activityId: string | undefined;
  readonly cancellationType: ActivityCancellationType;
  readonly summary: string | undefined;
  readonly command: {
    readonly taskQueue?: string;
    readonly scheduleToCloseTimeoutMs?: number;
    readonly scheduleToStartTimeoutMs?: number;
    readonly startToCloseTimeoutMs?: number;
    readonly heartbeatTimeoutMs?: number;
    readonly retryPolicy?: CompiledRetryPolicy;
    readonly priority?: Priority;
  };
}

/**
 * Checks options once, for all calls made with them.
 *
 * @throws TypeError when neither startToCloseTimeout nor scheduleToCloseTimeout is set
 * @throws ValueError for a bad duration, retry policy or priority
 */
export function compileActivityOptions(options: ActivityOptions): CompiledActivityOptions {
  requireTimeout(options);
  return {
    source: options,
    activityId: options.activityId,
    cancellationType: options.cancellationType ?? ActivityCancellationType.TRY_CANCEL,
    summary: options.summary,
    command: {
      taskQueue: options.taskQueue,
      scheduleToCloseTimeoutMs: activityTimeout(options, 'scheduleToCloseTimeout'),
      scheduleToStartTimeoutMs: activityTimeout(options, 'scheduleToStartTimeout'),
      startToCloseTimeoutMs: activityTimeout(options, 'startToCloseTimeout'),
      heartbeatTimeoutMs: activityTimeout(options, 'heartbeatTimeout'),
      retryPolicy: options.retry && compileRetryPolicy(options.retry),
      priority: compilePriority(options.priority),
    },
  };
}

/** Schedules an activity in the current scope, through the run's interceptors. */
export function callActivity(
  run: Run,
  activityType: string,
  args: unknown[],
  options: CompiledActivityOptions,
): Promise<unknown> {
  const schedule = (input: ActivityInput): Promise<unknown> =>
    scheduleActivity(
      run,
      input,
      input.options === options.source ? options : compileActivityOptions(input.options),
    );
  const execute = intercepted(run.interceptors?.outbound, 'scheduleActivity', schedule);
  const seq = Number(run.nextActivityId());
  return execute({ activityType, args, options: options.source, headers: {}, seq });
}

/** A scope that is cancelled already rejects at once. */
function scheduleActivity(
  run: Run,
  { activityType, args, headers, seq }: ActivityInput,
  options: CompiledActivityOptions,
): Promise<unknown> {
  const activityId = options.activityId ?? String(seq);
  const scope = CancellationScope.current();
  return new Promise((resolve, reject) => {
    if (scope.consideredCancelled) {
      reject(scope.cancellation);
      return;
    }
    refuseUsedId(run, activityId);
    run.push({
      kind: 'scheduleActivity',
      activityId,
      activityType,
      args: payloadsOf(run, args),
      headers: headersOrNone(headers),
      ...options.command,
      summary: options.summary === undefined ? undefined : payloadsOf(run, [options.summary]),
    });
    const leaveScope = scope.onCancel(() =>
      cancelActivity(run, activityId, options.cancellationType),
    );
    run.activities.set(activityId, {
      activityType,
      ...leavingScope(leaveScope, resolve, reject),
      stack: run.callStack(),
    });
  });
}

/** What a cancelled scope does to a call, by its cancellation type (semantics 22 to 26). */
function cancelActivity(
  run: Run,
  activityId: string,
  cancellationType: ActivityCancellationType,
): void {
  const pending = run.activities.get(activityId);
  if (!pending) return;
  const unsent = run.withdraw(
    (command) => command.kind === 'scheduleActivity' && command.activityId === activityId,
  );
  if (!unsent && cancellationType !== ActivityCancellationType.ABANDON) {
    run.push({ kind: 'requestCancelActivity', activityId });
  }
  const waits = cancellationType === ActivityCancellationType.WAIT_CANCELLATION_COMPLETED;
  if (waits && !unsent) return;
  run.activities.delete(activityId);
  pending.reject(activityCancelled(activityId, pending.activityType));
}

function refuseUsedId(run: Run, activityId: string): void {
  if (!run.activities.has(activityId)) return;
  throw new ValueError(
    `activity id '${activityId}' belongs to an activity call that has not finished; ` +
      'leave activityId out, or give each call its own',
  );
}

/** @throws TypeError when neither of the two timeouts is set that bound an activity */
export function requireTimeout(options: {
  startToCloseTimeout?: Duration;
  scheduleToCloseTimeout?: Duration;
}): void {
  if (options.startToCloseTimeout !== undefined || options.scheduleToCloseTimeout !== undefined) {
    return;
  }
  throw new TypeError(
    'Required either scheduleToCloseTimeout or startToCloseTimeout; ' +
      "pass one, such as { startToCloseTimeout: '1 minute' }",
  );
}

type TimeoutName =
  | 'scheduleToCloseTimeout'
  | 'scheduleToStartTimeout'
  | 'startToCloseTimeout'
  | 'heartbeatTimeout'
  | 'localRetryThreshold';

/**
 * Whole milliseconds of an option.
 *
 * @throws ValueError for what is no duration, or less than 0
 */
export function activityTimeout(
  options: { readonly [K in TimeoutName]?: Duration },
  name: TimeoutName,
): number | undefined {
  const ms = msOptionalToNumber(options[name]);
  if (ms === undefined || ms >= 0) return ms === undefined ? undefined : Math.ceil(ms);
  throw new ValueError(`ActivityOptions.${name} must not be negative; got ${ms} ms`);
}
