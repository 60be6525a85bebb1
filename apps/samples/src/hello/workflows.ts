import { proxyActivities } from '@perdure/workflow';
import type * as activities from './activities.ts';

const { greet } = proxyActivities<typeof activities>({ startToCloseTimeout: '10s' });

/** The smallest workflow that does something. */
export async function hello(name: string): Promise<string> {
  return greet(name);
}
