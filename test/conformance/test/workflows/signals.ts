import { ApplicationFailure, condition, defineSignal, setHandler, sleep } from '@perdure/workflow';

export const told = defineSignal<[string]>('told');
export const fails = defineSignal<['failure' | 'error']>('fails');
export const failsLater = defineSignal<['failure' | 'error']>('failsLater');

/** 36: what was called when. */
export async function tellsOrder(): Promise<string[]> {
  const order = ['main begins'];
  setHandler(told, async (word) => {
    order.push(`${word} begins`);
    await Promise.resolve();
    order.push(`${word} goes on`);
  });
  order.push('main goes on');
  await condition(() => order.length > 3);
  return order;
}

/** 37: what it is told, up to the last word. */
export async function listens(): Promise<string> {
  const words: string[] = [];
  setHandler(told, (word) => void words.push(word));
  await condition(() => words.at(-1) === 'last');
  return words.join(' ');
}

/** 38: told to fail, until it is told a word. */
export async function failsWhenTold(): Promise<string> {
  let word: string | undefined;
  let failing: 'failure' | 'error' | undefined;
  const fail = (): void => {
    if (failing === 'failure')
      throw ApplicationFailure.create({ message: 'told to', type: 'Told' });
    if (failing === 'error' && word === undefined) throw new TypeError('told to');
  };
  setHandler(told, (text) => void (word = text));
  setHandler(fails, (how) => {
    failing = how;
    fail();
  });
  setHandler(failsLater, async (how) => {
    await sleep('1 hour');
    failing = how;
    fail();
  });
  await condition(() => word !== undefined);
  return word!;
}
