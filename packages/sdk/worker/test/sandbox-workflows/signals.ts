/** Signals: before and after their handler, default handlers, order within a task. */
import {
  ApplicationFailure,
  allHandlersFinished,
  condition,
  defineSignal,
  proxyActivities,
  setDefaultSignalHandler,
  setHandler,
  sleep,
} from '@perdure/workflow';

const { foo } = proxyActivities<{ foo(): Promise<string> }>({ startToCloseTimeout: '1 minute' });

export const tell = defineSignal<[string]>('tell');
const stop = defineSignal('stop');

export async function collect(): Promise<string[]> {
  const seen: string[] = ['main'];
  let stopped = false;
  setHandler(stop, () => {
    stopped = true;
  });
  setHandler(tell, (what) => {
    seen.push(what);
  });
  seen.push('after handler');
  await condition(() => stopped);
  return seen;
}

export async function lateHandler(): Promise<string[]> {
  const seen: string[] = [];
  await sleep(10);
  setHandler(tell, (what) => {
    seen.push(what);
  });
  return seen;
}

const a = defineSignal<[number]>('a');
const b = defineSignal<[number]>('b');

/** Handlers that set and remove handlers, as in the conformance reference ("signalsOrdering"). */
export async function ordering(): Promise<unknown[]> {
  const seen: unknown[] = [];
  setHandler(a, (n) => {
    seen.push(['a', n]);
    setHandler(a, undefined);
    setHandler(b, (m) => {
      seen.push(['b', m]);
    });
    setDefaultSignalHandler((name, m) => {
      seen.push(['default', name, m]);
    });
  });
  return seen;
}

export async function asyncHandlers(): Promise<string[]> {
  const seen: string[] = [];
  setHandler(tell, async (what) => {
    seen.push(`${what} begins`);
    await sleep(10);
    seen.push(`${what} ends`);
  });
  await sleep(5);
  await condition(allHandlersFinished);
  return seen;
}

export async function order(): Promise<string[]> {
  const seen: string[] = [];
  let flips = 0;
  let activityDone = false;
  setHandler(tell, async (what) => {
    seen.push(`${what} sync`);
    flips++;
    await Promise.resolve();
    seen.push(`${what} async`);
  });
  await Promise.all([
    foo().then(() => {
      activityDone = true;
      seen.push('activity');
    }),
    sleep(1).then(() => seen.push('timer 1')),
    sleep(2).then(() => seen.push('timer 2')),
    condition(() => activityDone).then(() => seen.push('condition on the activity')),
    condition(() => flips === 2).then(() => seen.push('condition on the signals')),
    condition(() => seen.includes('timer 2')).then(() => seen.push('condition on timer 2')),
  ]);
  return seen;
}

export async function conditionSeesEachJob(): Promise<string[]> {
  const seen: string[] = [];
  let level = 0;
  setHandler(tell, () => {
    level++;
  });
  await Promise.all([
    condition(() => level === 1).then(() => seen.push('one')),
    condition(() => level === 2).then(() => seen.push('two')),
    condition(() => seen.length === 2).then(() => seen.push('three')),
  ]);
  return seen;
}

export async function throwingHandler(how: string): Promise<void> {
  setHandler(tell, () => {
    if (how === 'sync failure') throw ApplicationFailure.create({ message: 'no', type: 'No' });
    if (how === 'sync error') throw new TypeError('broken');
    return sleep(1).then(() => {
      if (how === 'async failure') throw ApplicationFailure.create({ message: 'no', type: 'No' });
      throw new TypeError('broken');
    });
  });
  await sleep('1 day');
}

export async function notASignal(): Promise<void> {
  setHandler('tell' as unknown as typeof tell, () => {});
}
