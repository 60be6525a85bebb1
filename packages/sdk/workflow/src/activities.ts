/** Calling activities from a workflow. */
import type { ActivityInterfaceFor, ActivityOptions, UntypedActivities } from '@perdure/common';
import { CancellationScope } from './cancellation-scope.ts';
import { callActivity, compileActivityOptions } from './runtime/activity-call.ts';
import { startedRun } from './runtime/current-run.ts';

/**
 * Functions that schedule activities: every property of the result is one, named like the activity.
 *
 * ```ts
 * const { greet } = proxyActivities<typeof activities>({ startToCloseTimeout: '1 minute' });
 * ```
 *
 * @throws TypeError when neither startToCloseTimeout nor scheduleToCloseTimeout is given
 * @throws ValueError for a bad duration or retry policy
 */
export function proxyActivities<A = UntypedActivities>(
  options: ActivityOptions,
): ActivityInterfaceFor<A> {
  const compiled = compileActivityOptions(options ?? {});
  const calls = new Map<string, (...args: unknown[]) => Promise<unknown>>();
  const get = (_target: object, activityType: string | symbol): unknown => {
    if (typeof activityType !== 'string') {
      throw new TypeError(
        `an activity's name is text; got ${String(activityType)}: use proxy.nameOfActivity`,
      );
    }
    let call = calls.get(activityType);
    if (!call) {
      call = (...args) => {
        const run = startedRun(`activity ${activityType}`);
        return callActivity(run, activityType, args, compiled, CancellationScope.current());
      };
      calls.set(activityType, call);
    }
    return call;
  };
  return new Proxy({}, { get }) as ActivityInterfaceFor<A>;
}

/**
 * Schedules an activity by name; what the functions of {@link proxyActivities} do.
 *
 * @throws TypeError when neither startToCloseTimeout nor scheduleToCloseTimeout is given
 */
export function scheduleActivity<R>(
  activityType: string,
  args: unknown[],
  options: ActivityOptions,
): Promise<R> {
  const run = startedRun('scheduleActivity()');
  const compiled = compileActivityOptions(options);
  const scope = CancellationScope.current();
  return callActivity(run, activityType, args, compiled, scope) as Promise<R>;
}
