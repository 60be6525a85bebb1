import {
  ApplicationFailure,
  defineSignal,
  proxyActivities,
  setHandler,
  sleep,
  workflowInfo,
} from '@perdure/workflow';

const { act } = proxyActivities({ startToCloseTimeout: '1 hour', taskQueue: 'deserted' });
const fail = defineSignal('fail');

async function laterInTheTask(work: () => unknown): Promise<void> {
  for (let hop = 0; hop < 20; hop++) await Promise.resolve();
  await work();
}

/** Returns before all it has begun has been asked for. */
export async function asksAfterReturn(): Promise<string> {
  void laterInTheTask(() => sleep('1 day'));
  return 'returned';
}

/** Fails in a handler after it has returned, in the same task. */
export async function failsAfterReturn(): Promise<string> {
  setHandler(fail, () =>
    laterInTheTask(() => {
      throw ApplicationFailure.create({ message: 'too late' });
    }),
  );
  return 'returned';
}

/** Asks for several things of two kinds. */
export async function counts(): Promise<void> {
  void sleep('1 hour');
  void act!();
  void sleep('2 hours');
  void act!();
  await sleep('3 hours');
}

/** Tells the length of its history, task by task. */
export async function measures(): Promise<number[]> {
  const lengths = [workflowInfo().historyLength];
  await sleep('1 hour');
  return [...lengths, workflowInfo().historyLength];
}
