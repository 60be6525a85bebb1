import { condition, defineSignal, setHandler, sleep } from '@perdure/workflow';

export const go = defineSignal('go');

/** 64: the code before the change. */
export async function changes(): Promise<string> {
  let told = false;
  setHandler(go, () => void (told = true));
  await sleep('1 hour');
  await condition(() => told);
  return 'old path';
}
