import { type ActivityOptions, proxyActivities } from '@perdure/workflow';

interface Activities {
  act(input?: unknown): Promise<unknown>;
}

/** Calls `act` once with the options given. */
export async function callOnce(options: ActivityOptions, input?: unknown): Promise<unknown> {
  const { act } = proxyActivities<Activities>({ startToCloseTimeout: '1 minute', ...options });
  return act(input);
}

/** Calls an activity of any name. */
export async function callNamed(name: string, options: ActivityOptions): Promise<unknown> {
  const activities = proxyActivities({ startToCloseTimeout: '1 minute', ...options });
  return activities[name]!();
}
