/** One activity call: from the command that schedules it to how its promise settles. */
import {
  ActivityCancellationType,
  type ActivityOptions,
  type CompiledRetryPolicy,
  ValueError,
  compileRetryPolicy,
  msOptionalToNumber,
} from '@perdure/common';
import type { CancellationScope } from '../cancellation-scope.ts';
import { activityCancelled } from './jobs/resolve-activity.ts';
import { payloadsOf } from './payloads.ts';
import type { Run } from './run.ts';

/** Activity options as the command carries them. */
export interface CompiledActivityOptions {
  readonly activityId: string | undefined;
  readonly cancellationType: ActivityCancellationType;
  readonly command: {
    readonly taskQueue?: string;
    readonly scheduleToCloseTimeoutMs?: number;
    readonly scheduleToStartTimeoutMs?: number;
    readonly startToCloseTimeoutMs?: number;
    readonly heartbeatTimeoutMs?: number;
    readonly retryPolicy?: CompiledRetryPolicy;
  };
}

/**
 * Checks options once, for all calls made with them.
 *
 * @throws TypeError when neither startToCloseTimeout nor scheduleToCloseTimeout is set
 * @throws ValueError for a bad duration or retry policy
 */
export function compileActivityOptions(options: ActivityOptions): CompiledActivityOptions {
  if (options.startToCloseTimeout === undefined && options.scheduleToCloseTimeout === undefined) {
    throw new TypeError(
      'Required either scheduleToCloseTimeout or startToCloseTimeout; ' +
        "pass one, such as { startToCloseTimeout: '1 minute' }",
    );
  }
  return {
    activityId: options.activityId,
    cancellationType: options.cancellationType ?? ActivityCancellationType.TRY_CANCEL,
    command: {
      taskQueue: options.taskQueue,
      scheduleToCloseTimeoutMs: timeout(options, 'scheduleToCloseTimeout'),
      scheduleToStartTimeoutMs: timeout(options, 'scheduleToStartTimeout'),
      startToCloseTimeoutMs: timeout(options, 'startToCloseTimeout'),
      heartbeatTimeoutMs: timeout(options, 'heartbeatTimeout'),
      retryPolicy: options.retry && compileRetryPolicy(options.retry),
    },
  };
}

/** Schedules an activity in a scope; a scope that is cancelled already rejects at once. */
export function callActivity(
  run: Run,
  activityType: string,
  args: readonly unknown[],
  options: CompiledActivityOptions,
  scope: CancellationScope,
): Promise<unknown> {
  const defaultId = run.nextActivityId();
  const activityId = options.activityId ?? defaultId;
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
      args: payloadsOf(args),
      ...options.command,
    });
    const leaveScope = scope.onCancel(() =>
      cancelActivity(run, activityId, options.cancellationType),
    );
    run.activities.set(activityId, {
      activityType,
      resolve(value) {
        leaveScope();
        resolve(value);
      },
      reject(error) {
        leaveScope();
        reject(error);
      },
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

type TimeoutName =
  | 'scheduleToCloseTimeout'
  | 'scheduleToStartTimeout'
  | 'startToCloseTimeout'
  | 'heartbeatTimeout';

function timeout(options: ActivityOptions, name: TimeoutName): number | undefined {
  const ms = msOptionalToNumber(options[name]);
  if (ms === undefined || ms >= 0) return ms === undefined ? undefined : Math.ceil(ms);
  throw new ValueError(`ActivityOptions.${name} must not be negative; got ${ms} ms`);
}
