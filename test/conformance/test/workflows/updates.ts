import {
  ApplicationFailure,
  condition,
  continueAsNew,
  defineSignal,
  defineUpdate,
  setHandler,
  sleep,
} from '@perdure/workflow';

export const finish = defineSignal<[string]>('finish');
/** Done at once, later, or by failing; negative amounts are refused. */
export const add = defineUpdate<number, [number]>('add');
export const addLater = defineUpdate<number, [number]>('addLater');
export const fails = defineUpdate<never, ['failure' | 'error']>('fails');
export const failsLater = defineUpdate<never, ['failure' | 'error']>('failsLater');
export const finishBy = defineUpdate<string, [string]>('finishBy');

/** Adds up what it is updated with, until it is told to finish. */
export async function sums(): Promise<string> {
  let sum = 0;
  let last: string | undefined;
  const validator = (amount: number): void => {
    if (amount < 0) throw new RangeError(`${amount} is negative`);
  };
  setHandler(add, (amount) => (sum += amount), { validator });
  setHandler(
    addLater,
    async (amount) => {
      await sleep('1 hour');
      return (sum += amount);
    },
    { validator },
  );
  const fail = (how: 'failure' | 'error'): never => {
    if (how === 'error' && last === undefined) throw new TypeError('not meant to');
    throw ApplicationFailure.nonRetryable('meant to', 'Meant', sum);
  };
  setHandler(fails, fail);
  setHandler(failsLater, async (how) => {
    await sleep('1 hour');
    return fail(how);
  });
  setHandler(finishBy, (word) => {
    last = word;
    return `finishing ${word}`;
  });
  setHandler(finish, (word) => void (last = word));
  await condition(() => last !== undefined);
  return `${last} ${sum}`;
}

/** Goes on in a new run when told to finish; takes updates in the second run only. */
export async function takesInSecondRun(second = false): Promise<number> {
  let finished = false;
  let sum = 0;
  setHandler(finish, () => void (finished = true));
  if (second) setHandler(add, (amount) => (sum += amount));
  setHandler(addLater, async (amount) => {
    await sleep('1 day');
    return (sum += amount);
  });
  await condition(() => finished);
  if (!second) await continueAsNew<typeof takesInSecondRun>(true);
  return sum;
}

/** Is updated before its first line has run. */
export async function tellsOrder(): Promise<string[]> {
  const order = ['main begins'];
  setHandler(finishBy, async (word) => {
    order.push(`${word} begins`);
    await Promise.resolve();
    order.push(`${word} goes on`);
    return order.join(', ');
  });
  order.push('main goes on');
  await condition(() => order.length > 3);
  return order;
}
