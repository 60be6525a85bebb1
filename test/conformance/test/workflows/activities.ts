import { type ActivityOptions, proxyActivities } from '@perdure/workflow';
import type { Step } from '../scripted-activity.ts';

const { act } = proxyActivities<{ act(...steps: Step[]): Promise<unknown> }>({
  startToCloseTimeout: '1 hour',
});

/** 1 */
export async function returns(value: unknown): Promise<unknown> {
  return value;
}

/** 2 */
export async function twice(): Promise<unknown[]> {
  return [await act({ returns: 'foo' }), await act({ returns: 'bar' })];
}

/** Calls `act` once, with the options given and steps for its attempts. */
export async function callOnce(options: ActivityOptions, ...steps: Step[]): Promise<unknown> {
  return proxyActivities({ startToCloseTimeout: '1 hour', ...options }).act!(...steps);
}

/** 11: the same, without a limit to a single attempt. */
export async function callUnbounded(options: ActivityOptions, ...steps: Step[]): Promise<unknown> {
  return proxyActivities(options).act!(...steps);
}

/** 7: calls an activity of any name. */
export async function callNamed(name: string, options: ActivityOptions): Promise<unknown> {
  return proxyActivities({ startToCloseTimeout: '1 hour', ...options })[name]!();
}
