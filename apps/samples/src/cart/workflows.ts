/**
 * A shopping cart that lives for as long as it is wanted: updates change it and answer, a query looks
 * into it, and a cart that is forgotten for a day is left.
 */
import {
  ApplicationFailure,
  allHandlersFinished,
  condition,
  defineQuery,
  defineUpdate,
  setHandler,
} from '@perdure/workflow';

export type Items = Record<string, number>;

/** Arguments: an article and how many. Answers with how many there are then. */
export const add = defineUpdate<number, [article: string, count: number]>('add');
export const items = defineQuery<Items>('items');
export const checkOut = defineUpdate<Items>('checkOut');

export async function cart(): Promise<string> {
  const contents: Items = {};
  let ordered = false;
  let touched = 0;

  setHandler(items, () => contents);
  setHandler(
    add,
    (article, count) => {
      touched += 1;
      return (contents[article] = (contents[article] ?? 0) + count);
    },
    {
      // Refused before it is part of the history.
      validator: (_article, count) => {
        if (count < 1) throw ApplicationFailure.nonRetryable('add at least one', 'BadCount');
      },
    },
  );
  setHandler(checkOut, () => {
    ordered = true;
    return contents;
  });

  for (;;) {
    const before = touched;
    const moved = await condition(() => ordered || touched > before, '1 day');
    if (ordered || !moved) break;
  }
  await condition(allHandlersFinished);
  return ordered ? `ordered: ${Object.keys(contents).join(', ')}` : 'left behind';
}
