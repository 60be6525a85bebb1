/** Waits for a person: a signal that may come in a second, in a week, or never. */
import {
  type Duration,
  condition,
  defineSignal,
  proxyActivities,
  setHandler,
} from '@perdure/workflow';
import type * as activities from './activities.ts';

const { askManager, pay } = proxyActivities<typeof activities>({ startToCloseTimeout: '1 minute' });

/** Arguments: whether it is approved, and by whom. */
export const decide = defineSignal<[approved: boolean, by: string]>('decide');

const needsApprovalFrom = 10_000;

export async function expense(
  request: activities.Expense,
  patience: Duration = '7 days',
): Promise<string> {
  let decision: { approved: boolean; by: string } | undefined;
  setHandler(decide, (approved, by) => {
    decision = { approved, by };
  });
  if (request.amount < needsApprovalFrom) return pay(request);
  await askManager(request);
  const answered = await condition(() => decision !== undefined, patience);
  if (!answered) return 'refused: nobody answered in time';
  return decision?.approved ? pay(request) : `refused by ${decision?.by}`;
}
