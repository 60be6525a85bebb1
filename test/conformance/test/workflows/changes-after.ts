import { condition, setHandler, sleep } from '@perdure/workflow';
import { go } from './changes-before.ts';

/** 64: the code from which the patch has been taken away, too early or not. */
export async function changes(): Promise<string> {
  let told = false;
  setHandler(go, () => void (told = true));
  await sleep('2 hours');
  await condition(() => told);
  return 'new path';
}

/** 64: the same, for runs that only knew the patch as a thing of the past. */
export async function deprecates(): Promise<string> {
  await sleep('2 hours');
  return 'new path';
}
