/** Activities talk to the world. They may fail and be tried again; what they return is kept. */

export interface Order {
  customer: string;
  item: string;
}

/** Reserves the goods. */
export async function foo(order: Order): Promise<string> {
  return `${order.item} reserved for ${order.customer}`;
}

/** Ships what was reserved. */
export async function bar(reservation: string): Promise<string> {
  return `${reservation}, shipped`;
}
