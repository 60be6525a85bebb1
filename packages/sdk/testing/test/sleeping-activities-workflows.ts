/** Workflows whose activities take long, which the tests make them do by sleeping in the environment. */
import { proxyActivities, sleep } from '@perdure/workflow';

export interface OrderActivities {
  process(): Promise<void>;
  remind(): Promise<void>;
}

const { remind } = proxyActivities<OrderActivities>({ startToCloseTimeout: '5 minutes' });

/** Reminds the customer when the processing of an order takes longer than it should. */
export async function processOrder(mayTakeMs: number, remindAfterMs: number): Promise<string> {
  const { process } = proxyActivities<OrderActivities>({ startToCloseTimeout: mayTakeMs });
  let processing = true;
  const processed = process().then(() => {
    processing = false;
  });
  await Promise.race([processed, sleep(remindAfterMs)]);
  if (processing) await remind();
  await processed;
  return 'processed';
}

/** Whether the processing or a timer ends first. */
export async function raceWithTimer(timerMs: number): Promise<'activity' | 'timer'> {
  const { process } = proxyActivities<OrderActivities>({ startToCloseTimeout: '1 day' });
  const processed = process().then(() => 'activity' as const);
  const winner = await Promise.race([processed, sleep(timerMs).then(() => 'timer' as const)]);
  await processed;
  return winner;
}

/** Processes within a minute, however often that is tried; returns how long all of it took. */
export async function processInAMinute(): Promise<number> {
  const from = Date.now();
  const { process } = proxyActivities<OrderActivities>({ startToCloseTimeout: '1 minute' });
  await process();
  return Date.now() - from;
}
