/** A saga: what was done is undone, in reverse order, when a later step fails or all is cancelled. */
import { CancellationScope, proxyActivities } from '@perdure/workflow';
import type * as activities from './activities.ts';

const { bookFlight, cancelFlight, bookHotel, cancelHotel, charge } = proxyActivities<
  typeof activities
>({ startToCloseTimeout: '1 minute' });

export interface Trip {
  customer: string;
  to: string;
  price: number;
}

export async function bookTrip({ customer, to, price }: Trip): Promise<string> {
  const undo: (() => Promise<void>)[] = [];
  try {
    const flight = await bookFlight(to);
    undo.push(() => cancelFlight(flight));
    const hotel = await bookHotel(to);
    undo.push(() => cancelHotel(hotel));
    await charge(customer, price);
    return `${flight} and ${hotel} for ${customer}`;
  } catch (error) {
    // Also when it is the workflow that is cancelled: this part runs to its end.
    await CancellationScope.nonCancellable(async () => {
      for (const step of undo.reverse()) await step();
    });
    throw error;
  }
}
