/** What `deadlock.ts` has, as it was before somebody mended it. */
import { setHandler } from '@perdure/workflow';
import { blocksLater as waits, spin } from './deadlock.ts';

export { neighbour } from './deadlock.ts';

/** Never comes to an end. */
export async function blocksAtOnce(): Promise<never> {
  for (;;);
}

/** Waits for a word, and never gets over it. */
export async function blocksLater(): Promise<never> {
  await waits();
  for (;;);
}

/** Waits for a word; who asks gets no answer. */
export async function blocksWhenAsked(): Promise<string> {
  setHandler(spin, () => {
    for (;;);
  });
  return waits();
}
