/** Code that fails runs, and the mended form of what `failing-broken.ts` has in another form. */
import {
  ApplicationFailure,
  condition,
  defineSignal,
  proxyActivities,
  setHandler,
  setWorkflowOptions,
  sleep,
} from '@perdure/workflow';

export const told = defineSignal<[string]>('told');
const { act } = proxyActivities<{ act(): Promise<string> }>({ startToCloseTimeout: '1 minute' });

export class OrderError extends Error {}

/** 46: fails the run. */
export async function failsAsPlanned(): Promise<never> {
  throw ApplicationFailure.create({
    message: 'as planned',
    type: 'Planned',
    details: [1, 'two'],
    cause: new OrderError('the reason'),
  });
}

/** 47: mended. */
export async function broken(): Promise<string> {
  return 'mended';
}
/** Mended alike. */
export async function throwsText(): Promise<string> {
  return broken();
}

/** Mended alike. */
export async function dropsRejection(): Promise<string> {
  return broken();
}

/** 47: fails its task until it has been told something. */
export async function needsWord(): Promise<string> {
  let word = '';
  setHandler(told, (text) => void (word = text));
  if (word === '') throw new OrderError('nobody has told me');
  return word;
}

/** 48: the worker lists the error. */
export async function throwsListed(): Promise<never> {
  throw new OrderError('listed by the worker');
}

/** 48: the workflow lists the error. */
export async function throwsOwnListed(): Promise<never> {
  throw new OrderError('listed by the workflow');
}
setWorkflowOptions({ failureExceptionTypes: [OrderError] }, throwsOwnListed);

/** 50: needs two tasks. */
export async function sleepsOnce(): Promise<string> {
  await sleep('1 hour');
  return 'awake';
}

/** 51: an activity follows the word. */
export async function changes(): Promise<string> {
  let word = '';
  setHandler(told, (text) => void (word = text));
  await condition(() => word !== '', '1 day');
  return `${word} ${await act()}`;
}
