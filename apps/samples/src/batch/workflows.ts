/**
 * A batch without end: a page at a time, a child workflow for each item, and a new run for each page,
 * so that no history grows long.
 */
import { continueAsNew, executeChild, proxyActivities } from '@perdure/workflow';
import type * as activities from './activities.ts';

const { nextPage, square } = proxyActivities<typeof activities>({
  startToCloseTimeout: '1 minute',
});

export async function item(n: number): Promise<number> {
  return square(n);
}

export async function batch(after = 0, sum = 0): Promise<number> {
  const page = await nextPage(after);
  const last = page.at(-1);
  if (last === undefined) return sum;
  const results = await Promise.all(
    page.map((n) => executeChild(item, { workflowId: `item-${n}`, args: [n] })),
  );
  const total = results.reduce((a, b) => a + b, sum);
  return continueAsNew<typeof batch>(last, total);
}
