/** What `failing.ts` has, as it was before somebody mended it, and as somebody broke it. */
import { proxyActivities, sleep } from '@perdure/workflow';

export * from './failing.ts';

const { act } = proxyActivities<{ act(): Promise<string> }>({ startToCloseTimeout: '1 minute' });

export async function broken(): Promise<never> {
  throw new Error('not yet mended');
}

export async function throwsText(): Promise<never> {
  // oxlint-disable-next-line typescript/only-throw-error -- what scenario 47 is about
  throw 'just a text';
}

export async function dropsRejection(): Promise<void> {
  void Promise.reject(new RangeError('dropped'));
  await sleep('1 day');
}

/** An activity where a timer was. */
export async function changes(): Promise<string> {
  return act();
}
