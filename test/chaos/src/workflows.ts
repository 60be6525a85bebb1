/** The workflows of the chaos tests. */
import { condition, defineSignal, proxyActivities, setHandler } from '@perdure/workflow';
import type * as activities from './activities.ts';

/** The time-out is out of a test's reach: what is lost must come back by itself before it. */
const { foo, bar } = proxyActivities<Pick<typeof activities, 'foo' | 'bar'>>({
  startToCloseTimeout: '10 minutes',
  retry: { initialInterval: '50ms' },
});

/** Two activities in a row. */
export async function fooBar(input: string): Promise<string> {
  return bar(await foo(input));
}

export const add = defineSignal<[number]>('add');

/** Keeps what it is signalled, in order, until it has as many as it wants; then takes one step. */
export async function collect(wanted: number): Promise<number[]> {
  const got: number[] = [];
  setHandler(add, (value) => void got.push(value));
  await condition(() => got.length >= wanted);
  await foo(String(wanted));
  return got;
}
