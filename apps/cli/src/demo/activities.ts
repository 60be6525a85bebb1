/**
 * The activities of the demo: those of the sample, with two wishes of a showman. Each run of a body
 * leaves a line in a ledger outside Perdure, so that it can be counted; and `bar` takes a moment and,
 * in release 1, has a bug.
 */
import { appendFileSync } from 'node:fs';
import { activityInfo, sleep } from '@perdure/activity';
import type { Order } from '@perdure/samples';

/** What differs between two worker processes of the demo. */
export interface DemoRelease {
  readonly release: string;
  readonly ledger: string;
}

/** The release that works. */
export const fixedRelease = '2';
/** What the bug says; it stands in the pending view until the fix is deployed. */
export const bugMessage = 'the carrier wants a postal code, and release 1 sends none';
/** Long enough to be killed in the middle of it. */
const barTakes = '1.5s';

export function createActivities({ release, ledger }: DemoRelease) {
  const note = (): void => {
    const { activityType, attempt } = activityInfo();
    appendFileSync(ledger, `${activityType} attempt ${attempt}\n`);
  };
  return {
    async foo({ customer, item }: Order): Promise<string> {
      note();
      return `${item} reserved for ${customer}`;
    },
    async bar(reservation: string): Promise<string> {
      note();
      await sleep(barTakes);
      if (release !== fixedRelease) throw new Error(bugMessage);
      return `${reservation}, shipped`;
    },
  };
}
