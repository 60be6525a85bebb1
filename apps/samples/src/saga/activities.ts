import { ApplicationFailure } from '@perdure/activity';

export async function bookFlight(to: string): Promise<string> {
  console.log(`flight to ${to} booked`);
  return 'flight-1';
}

export async function cancelFlight(booking: string): Promise<void> {
  console.log(`${booking} cancelled`);
}

export async function bookHotel(place: string): Promise<string> {
  console.log(`hotel in ${place} booked`);
  return 'hotel-1';
}

export async function cancelHotel(booking: string): Promise<void> {
  console.log(`${booking} cancelled`);
}

export async function charge(_customer: string, amount: number): Promise<void> {
  // To try again would not help: the workflow is told at once.
  if (amount > 1_000) throw ApplicationFailure.nonRetryable('the card was declined', 'Declined');
}
