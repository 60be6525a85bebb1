import {
  condition,
  defineQuery,
  defineSignal,
  defineUpdate,
  proxyActivities,
  setHandler,
  sleep,
  uuid4,
} from '@perdure/workflow';

const { act, where } = proxyActivities<{
  act(value: number): Promise<number>;
  where(): Promise<string>;
}>({ startToCloseTimeout: '1 minute', retry: { initialInterval: '20ms' } });

/** Activities in a row; returns what they returned. */
export async function row(count: number): Promise<number[]> {
  const results: number[] = [];
  for (let i = 0; i < count; i++) results.push(await act(i));
  return results;
}

/** Activities at once; returns the sum of their results. */
export async function crowd(count: number): Promise<number> {
  const results = await Promise.all(Array.from({ length: count }, (_, i) => act(i)));
  return results.reduce((sum, each) => sum + each, 0);
}

/** Steps whose inputs are random and of their time; whether replay came to the same ones. */
export async function mixed(): Promise<boolean[]> {
  const same: boolean[] = [];
  for (let i = 0; i < 3; i++) {
    const [random, now, id] = [Math.random(), Date.now(), uuid4()];
    const value = await act(random);
    await sleep(5);
    same.push(value === random && (await act(now)) === now && Date.now() > now && id.length === 36);
  }
  return same;
}

/** Where one activity ran. */
export async function whereOne(): Promise<string> {
  return where();
}

/** Collects words until the last one; takes none that is empty. Can be asked for them. */
export async function collects(): Promise<string> {
  const heard: string[] = [];
  const hear = (word: string): number => heard.push(word);
  setHandler(defineQuery<string[]>('words'), () => heard);
  setHandler(defineSignal<[string]>('told'), (word) => void hear(word));
  setHandler(defineUpdate<number, [string]>('tell'), hear, {
    validator(word) {
      if (word === '') throw new RangeError('a word has letters');
    },
  });
  await condition(() => heard.at(-1) === 'last');
  return heard.join(' ');
}
