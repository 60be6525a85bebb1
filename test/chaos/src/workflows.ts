/** The workflows of the chaos tests. */
import { condition, defineSignal, proxyActivities, setHandler } from '@perdure/workflow';
import type * as activities from './activities.ts';

type Steps = Pick<typeof activities, 'foo' | 'bar'>;

/** Out of a test's reach, as a rule: what is lost must come back before its time-out does it. */
const outOfReach = '10 minutes';

/** Two activities in a row. */
export async function fooBar(input: string, attemptTimeout = outOfReach): Promise<string> {
  const { foo, bar } = proxyActivities<Steps>({
    startToCloseTimeout: attemptTimeout as '10 minutes',
    retry: { initialInterval: '50ms' },
  });
  return bar(await foo(input));
}

/** Takes no step. */
export async function echo(input: string): Promise<string> {
  return input;
}

export const add = defineSignal<[number]>('add');
export const finish = defineSignal('finish');

/** Keeps what it is told to add, in order, until it is told to finish; then takes one step. */
export async function collect(): Promise<number[]> {
  const { foo } = proxyActivities<Steps>({ startToCloseTimeout: outOfReach });
  const got: number[] = [];
  let finished = false;
  setHandler(add, (value) => void got.push(value));
  setHandler(finish, () => void (finished = true));
  await condition(() => finished);
  await foo('all');
  return got;
}
