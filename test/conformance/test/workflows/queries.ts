import {
  condition,
  defineQuery,
  defineSignal,
  proxyLocalActivities,
  setHandler,
  sleep,
} from '@perdure/workflow';

export const told = defineSignal<[string]>('told');
export const words = defineQuery<string[]>('words');
export const joined = defineQuery<string, [string]>('joined');

/** Collects words until the last one; can be asked for them. */
export async function collects(): Promise<string> {
  const heard: string[] = [];
  setHandler(words, () => heard);
  setHandler(joined, (by) => heard.join(by));
  setHandler(defineQuery('throws'), () => {
    throw new RangeError('the handler says no');
  });
  setHandler(defineQuery('promises'), (async () => 'later') as () => unknown);
  setHandler(defineQuery('sleeps'), () => void sleep('1 hour'));
  setHandler(told, (word) => void heard.push(word));
  await condition(() => heard.at(-1) === 'last');
  return heard.join(' ');
}

/** Fails its task until told. */
export async function failsUntilTold(): Promise<string> {
  let word: string | undefined;
  setHandler(words, () => [String(word)]);
  setHandler(told, (text) => void (word = text));
  if (word === undefined) throw new TypeError('nobody has told me');
  return word;
}

const { work } = proxyLocalActivities<{ work(): Promise<void> }>({
  startToCloseTimeout: '1 minute',
});

/** Works inside its workflow task for as long as it takes. */
export async function worksNearby(): Promise<string> {
  const heard: string[] = [];
  setHandler(words, () => heard);
  setHandler(told, (word) => void heard.push(word));
  await condition(() => heard.length > 0);
  await work();
  return heard.join(' ');
}

/** Sleeps for a day. */
export async function sleeps(): Promise<void> {
  setHandler(words, () => []);
  await sleep('1 day');
}
