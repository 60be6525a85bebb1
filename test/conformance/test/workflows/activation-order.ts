import {
  allHandlersFinished,
  condition,
  defineSignal,
  defineUpdate,
  proxyActivities,
  setDefaultSignalHandler,
  setHandler,
  sleep,
} from '@perdure/workflow';

const signalled = defineSignal<[number]>('signalled');
const updated = defineUpdate<string, [number]>('updated');
const signalA = defineSignal<[number]>('signalA');
const signalB = defineSignal<[number]>('signalB');

/** Notes in which order everything comes that can come in one task. */
export async function notesOrder(): Promise<string[]> {
  const { act } = proxyActivities({ startToCloseTimeout: '1 day' });
  const seen: string[] = [];
  const note = (what: string): void => void seen.push(what);
  let signals = 0;
  let activityIsDone = false;
  setHandler(signalled, async (n) => {
    signals += 1;
    note(`signal ${n}`);
    await Promise.resolve();
    note(`signal ${n} goes on`);
  });
  setHandler(
    updated,
    async (n) => {
      note(`update ${n}`);
      await Promise.resolve();
      note(`update ${n} goes on`);
      return `updated ${n}`;
    },
    { validator: (n) => note(`validator ${n}`) },
  );
  await Promise.all([
    condition(() => activityIsDone).then(() => note('condition on the activity')),
    condition(() => signals === 1).then(() => note('condition on the first signal')),
    sleep('2 hours').then(() => note('timer of 2 hours')),
    sleep('1 hour').then(() => note('timer of 1 hour')),
    act!('completes elsewhere').then(() => {
      activityIsDone = true;
      note('activity');
    }),
  ]);
  await condition(allHandlersFinished);
  return seen;
}

/** Handlers that set and remove handlers while signals wait for one. */
export async function signalsOrdering(): Promise<unknown[]> {
  const seen: unknown[] = [];
  setHandler(signalA, (n) => {
    seen.push(['A', n]);
    setHandler(signalA, undefined);
    setHandler(signalB, (m) => {
      seen.push(['B', m]);
      setHandler(signalB, undefined);
    });
    setDefaultSignalHandler((name, m) => {
      seen.push(['default', name, m]);
    });
  });
  return seen;
}

/** Conditions that each hold for a moment only. */
export async function momentary(): Promise<string[]> {
  const seen: string[] = [];
  let level = 0;
  setHandler(signalled, () => void (level += 1));
  await Promise.all([
    condition(() => level === 2).then(() => seen.push('two')),
    condition(() => level === 1).then(() => seen.push('one')),
    condition(() => seen.length === 2).then(() => seen.push('both')),
  ]);
  return [...seen, `level ${level}`];
}

/** Sets a handler late, and is told by it before it goes on. */
export async function lateHandler(): Promise<string[]> {
  const seen = ['main begins'];
  await sleep('1 hour');
  setHandler(signalled, (n) => void seen.push(`signal ${n}`));
  seen.push('main goes on');
  return seen;
}

/** Sets handlers first thing. */
export async function earlyHandlers(): Promise<string[]> {
  const seen: string[] = [];
  setHandler(signalled, (n) => void seen.push(`signal ${n}`));
  setHandler(updated, (n) => (seen.push(`update ${n}`), `updated ${n}`));
  seen.push('main');
  await condition(() => seen.length === 5);
  return seen;
}
