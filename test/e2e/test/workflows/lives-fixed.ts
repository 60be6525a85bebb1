import { proxyActivities } from '@perdure/workflow';

const { act, other } = proxyActivities<{
  act(value: unknown): Promise<unknown>;
  other(value: unknown): Promise<unknown>;
}>({
  startToCloseTimeout: '1 minute',
});

/** The fix of the other module's. */
export async function buggy(): Promise<string> {
  await act('before');
  return 'fixed';
}

/** The other module does not have it. */
export async function comesLater(value: string): Promise<string> {
  return `late ${value}`;
}

/** Takes its steps in another order than the other module's. */
export async function reordered(): Promise<string> {
  await other('second');
  await act('first');
  return 'reordered';
}
