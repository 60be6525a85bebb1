import { sleep } from '@perdure/workflow';
import { today } from './inner.ts';

export async function wf(): Promise<string> {
  await sleep(1);
  return today();
}
