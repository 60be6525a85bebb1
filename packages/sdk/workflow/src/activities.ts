/** Calling activities from a workflow. */
import type {
  ActivityInterfaceFor,
  ActivityOptions,
  LocalActivityOptions,
  UntypedActivities,
} from '@perdure/common';
import { callActivity, compileActivityOptions } from './runtime/activity-call.ts';
import { commandingRun } from './runtime/current-run.ts';
import { callLocalActivity, compileLocalActivityOptions } from './runtime/local-activity-call.ts';

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
  return proxyOf((activityType) => {
    const execute = (args: unknown[], overrides?: ActivityOptions): Promise<unknown> => {
      const run = commandingRun(`activity ${activityType}`);
      const chosen = overrides ? compileActivityOptions({ ...options, ...overrides }) : compiled;
      return callActivity(run, activityType, args, chosen);
    };
    return Object.assign((...args: unknown[]) => execute(args), {
      executeWithOptions: async (overrides: ActivityOptions, args: unknown[] = []) =>
        execute(args, overrides),
    });
  }) as ActivityInterfaceFor<A>;
}

/**
 * Like {@link proxyActivities}, for activities that run inside the workflow task, on the worker that
 * has it: quicker, and for short work only. Their outcomes are markers in the history.
 *
 * @throws TypeError when neither startToCloseTimeout nor scheduleToCloseTimeout is given
 * @throws ValueError for a bad duration or retry policy
 */
export function proxyLocalActivities<A = UntypedActivities>(
  options: LocalActivityOptions,
): ActivityInterfaceFor<A, LocalActivityOptions> {
  compileLocalActivityOptions(options ?? {});
  return proxyOf((activityType) => {
    const execute = (args: unknown[], overrides?: LocalActivityOptions): Promise<unknown> => {
      const run = commandingRun(`local activity ${activityType}`);
      return callLocalActivity(run, activityType, args, { ...options, ...overrides });
    };
    return Object.assign((...args: unknown[]) => execute(args), {
      executeWithOptions: async (overrides: LocalActivityOptions, args: unknown[] = []) =>
        execute(args, overrides),
    });
  }) as ActivityInterfaceFor<A, LocalActivityOptions>;
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
  const run = commandingRun('scheduleActivity()');
  return callActivity(run, activityType, args, compileActivityOptions(options)) as Promise<R>;
}

/**
 * Runs a local activity by name; what the functions of {@link proxyLocalActivities} do.
 *
 * @throws TypeError when neither startToCloseTimeout nor scheduleToCloseTimeout is given
 * @throws ReferenceError when the worker has no such activity
 */
export function scheduleLocalActivity<R>(
  activityType: string,
  args: unknown[],
  options: LocalActivityOptions,
): Promise<R> {
  const run = commandingRun('scheduleLocalActivity()');
  return callLocalActivity(run, activityType, args, options) as Promise<R>;
}

/** An object whose every property is made from its name, once. */
function proxyOf(make: (name: string) => unknown): object {
  const made = new Map<string, unknown>();
  const get = (_target: object, name: string | symbol): unknown => {
    if (typeof name !== 'string') {
      throw new TypeError(
        `an activity's name is text; got ${String(name)}: use proxy.nameOfActivity`,
      );
    }
    if (!made.has(name)) made.set(name, make(name));
    return made.get(name);
  };
  return new Proxy({}, { get });
}
