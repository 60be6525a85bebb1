/** Code that comes to an end, and the mended form of what `deadlock-blocked.ts` has in another form. */
import {
  condition,
  defineQuery,
  defineSignal,
  proxyActivities,
  setHandler,
  sleep,
} from '@perdure/workflow';

export const told = defineSignal<[string]>('told');
export const spin = defineQuery<string>('spin');
const { beats } = proxyActivities<{ beats(): Promise<number> }>({
  startToCloseTimeout: '1 minute',
  heartbeatTimeout: '10 seconds',
});

/** Mended. */
export async function blocksAtOnce(): Promise<string> {
  return 'mended';
}

/** Waits for a word. */
export async function blocksLater(): Promise<string> {
  let word = '';
  setHandler(told, (text) => void (word = text));
  await condition(() => word !== '');
  return `told ${word}`;
}

/** Waits for a word, and can be asked. */
export async function blocksWhenAsked(): Promise<string> {
  setHandler(spin, () => 'not dizzy');
  return blocksLater();
}

/** A neighbour: an activity that takes its time, and steps of its own. */
export async function neighbour(): Promise<number> {
  const count = await beats();
  await sleep('1 hour');
  return count;
}
