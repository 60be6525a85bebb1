import {
  ApplicationFailure,
  condition,
  defineSignal,
  proxyActivities,
  setDefaultSignalHandler,
  setHandler,
} from '@perdure/workflow';

const { act } = proxyActivities<{ act(value: number): Promise<number> }>({
  startToCloseTimeout: '1 minute',
});

export const note = defineSignal<[number]>('note');
export const finish = defineSignal('finish');
export const harm = defineSignal<[string]>('harm');

/** Says which came first: its own first line after setHandler, or signals sent before. */
export async function signalledFirst(): Promise<string[]> {
  const order: string[] = [];
  setHandler(note, (value) => void order.push(`note ${value}`));
  order.push('main');
  await condition(() => order.length > 1);
  return order;
}

/** Gathers what it is told until it is told to finish. */
export async function gather(): Promise<number[]> {
  const values: number[] = [];
  let finished = false;
  setHandler(note, (value) => void values.push(value));
  setHandler(finish, () => void (finished = true));
  await condition(() => finished);
  return values;
}

/** Takes steps, one activity each; answers with what the steps and the signals brought, in order. */
export async function stepsAndSignals(steps: number): Promise<string[]> {
  const order: string[] = [];
  setHandler(note, (value) => void order.push(`signal ${value}`));
  for (let i = 0; i < steps; i++) order.push(`step ${await act(i)}`);
  return order;
}

/** Signals without a handler wait for one, the default one included. */
export async function lateHandlers(): Promise<string[]> {
  const heard: string[] = [];
  await act(0);
  setHandler(note, (value) => void heard.push(`note ${value}`));
  setDefaultSignalHandler((name, ...args) => void heard.push(`${name} ${JSON.stringify(args)}`));
  return heard;
}

/** A handler that throws what it is told to. */
export async function harmed(): Promise<void> {
  setHandler(harm, async (kind) => {
    if (kind === 'application')
      throw ApplicationFailure.create({ message: 'harmed', type: 'Harm' });
    throw new Error('harmed');
  });
  await condition(() => false);
}
