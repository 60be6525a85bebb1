import { Client } from '@perdure/client';

export async function wf(): Promise<unknown> {
  return Client;
}
