/** Two steps in a row: whatever is killed in between, a step that is done is never done again. */
import { proxyActivities } from '@perdure/workflow';
import type * as activities from './activities.ts';

const { foo, bar } = proxyActivities<typeof activities>({ startToCloseTimeout: '1 minute' });

export async function FooBar(order: activities.Order): Promise<string> {
  const reservation = await foo(order);
  return bar(reservation);
}
