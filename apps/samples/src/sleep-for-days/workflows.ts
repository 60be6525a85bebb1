/** A workflow that mostly sleeps: no memory, no polling, only a row in the database. */
import { condition, defineSignal, proxyActivities, setHandler } from '@perdure/workflow';
import type * as activities from './activities.ts';

const { sendStatement } = proxyActivities<typeof activities>({ startToCloseTimeout: '1 minute' });

export const closeAccount = defineSignal('closeAccount');

/** Sends a statement every 30 days until the account is closed; returns how many it sent. */
export async function monthlyStatements(account: string): Promise<number> {
  let open = true;
  setHandler(closeAccount, () => {
    open = false;
  });
  let sent = 0;
  do {
    sent += 1;
    await sendStatement(account, sent);
    // Sleeps 30 days, through restarts and deployments, or until the signal.
    await condition(() => !open, '30 days');
  } while (open);
  return sent;
}
