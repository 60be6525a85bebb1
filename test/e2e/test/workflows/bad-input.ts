import { proxyActivities } from '@perdure/workflow';

const { echo } = proxyActivities<{ echo(value: unknown): Promise<string> }>({
  startToCloseTimeout: '1 minute',
  retry: { initialInterval: '300ms' },
});

/** One activity with a value. */
export async function echoOnce(value: unknown): Promise<string> {
  return echo(value);
}

/** A result of twice the size of its argument. */
export async function doubled(text: string): Promise<string> {
  return text + text;
}

/** The same after an activity. */
export async function stepThenDoubled(text: string): Promise<string> {
  await echo('small');
  return text + text;
}

/** Many activities at once; returns the sum of the lengths of their results. */
export async function manyEchoes(count: number): Promise<number> {
  const results = await Promise.all(Array.from({ length: count }, (_, i) => echo(i)));
  return results.reduce((sum, { length }) => sum + length, 0);
}
