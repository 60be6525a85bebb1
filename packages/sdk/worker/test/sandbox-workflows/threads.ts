/** What threads are tried with. */
import {
  condition,
  defineQuery,
  defineSignal,
  log,
  proxyActivities,
  proxySinks,
  setHandler,
  sleep,
} from '@perdure/workflow';

const { act } = proxyActivities<{ act(...args: unknown[]): Promise<unknown> }>({
  startToCloseTimeout: '1 minute',
});
const { seen } = proxySinks<{ seen: { all(...args: unknown[]): void } }>();

/** Says a number, after so many turns of a loop; waits for the next. */
export const say = defineSignal<[number, number]>('say');

/** Asks for an activity with each number that it is told. */
export async function echoes(): Promise<void> {
  setHandler(say, (number, turns) => {
    let sum = 0;
    for (let i = 0; i < turns; i++) sum += i;
    void act(number, sum).catch(() => {});
  });
  await condition(() => false);
}

/** Rejects a promise, and handles it before the task ends. */
export async function rejectsInTime(): Promise<string> {
  const rejected = Promise.reject(new Error('handled'));
  await Promise.resolve();
  return rejected.catch((error: Error) => error.message);
}

/** Never comes to an end, once its timer has fired. */
export async function blocks(): Promise<never> {
  await sleep(1_000);
  for (;;);
}

/** Waits for ever, and is asked something that has no end. */
export async function blocksWhenAsked(): Promise<void> {
  setHandler(defineQuery('spin'), () => {
    for (;;);
  });
  await condition(() => false);
}

/** Takes all the memory that there is. */
export async function hoards(): Promise<void> {
  const hoard: number[][] = [];
  for (;;) hoard.push(Array.from({ length: 100_000 }, (_, i) => i));
}

/** Says things that cannot leave a thread as they are. */
export async function saysAnything(): Promise<void> {
  log.info('anything', {
    fn: function named() {},
    symbol: Symbol('sign'),
    map: new Map([['key', 1]]),
    when: new Date(0),
  });
  seen.all(
    () => {},
    new Set([1]),
    { nested: { why: new TypeError('because') } },
    Promise.resolve(),
  );
}

/** Gives back what it is given. */
export async function returns(given: unknown): Promise<unknown> {
  return given;
}
