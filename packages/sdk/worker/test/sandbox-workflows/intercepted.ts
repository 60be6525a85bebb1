/** Workflows whose calls are intercepted, and whose values are converted in their own way. */
import {
  continueAsNew,
  defineQuery,
  defineSignal,
  defineUpdate,
  executeChild,
  getExternalWorkflowHandle,
  log,
  proxyActivities,
  proxyLocalActivities,
  setHandler,
  sleep,
} from '@perdure/workflow';
import { notes } from './interceptors.ts';

const { foo } = proxyActivities<{ foo(): Promise<string> }>({ startToCloseTimeout: '1 minute' });
const { near } = proxyLocalActivities<{ near(): Promise<string> }>({ startToCloseTimeout: 1 });

export async function calls(...args: string[]): Promise<unknown> {
  setHandler(defineSignal('tell'), () => {});
  setHandler(defineQuery<string>('get'), () => 'got');
  setHandler(defineUpdate<number>('change'), () => 1, { validator: () => {} });
  log.info('called');
  const child = executeChild('kid', { workflowId: 'kid' });
  void getExternalWorkflowHandle('other').signal('tell');
  void near();
  await foo();
  await sleep(10);
  return { args, notes: notes(), child: await child };
}

export async function again(): Promise<void> {
  await continueAsNew();
}
