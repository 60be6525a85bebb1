/** Runs that are started, waited with, ended from outside. */
import {
  ApplicationFailure,
  condition,
  defineSignal,
  proxyLocalActivities,
  setHandler,
  sleep,
} from '@perdure/workflow';

export const told = defineSignal<[string]>('told');
const { hold } = proxyLocalActivities<{ hold(): Promise<void> }>({
  startToCloseTimeout: '1 minute',
});

/** Ends as it is told to. */
export async function ends(how: 'returns' | 'fails'): Promise<string> {
  if (how === 'returns') return how;
  throw ApplicationFailure.create({ message: 'as planned' });
}

/** Sleeps for a day. */
export async function sleeps(): Promise<string> {
  await sleep('1 day');
  return 'slept';
}

/** Returns the first word that it is told. */
export async function listens(): Promise<string> {
  let heard: string | undefined;
  setHandler(told, (word) => void (heard ??= word));
  await condition(() => heard !== undefined);
  return heard!;
}

/** 56: in the middle of a workflow task until the test lets it go on. */
export async function holds(): Promise<void> {
  await hold();
}

/** 59: when it began to run. */
export async function tellsTime(): Promise<number> {
  return Date.now();
}
