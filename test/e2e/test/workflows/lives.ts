import { ApplicationFailure, condition, proxyActivities, sleep } from '@perdure/workflow';

const { act, other } = proxyActivities<{
  act(value: unknown): Promise<unknown>;
  other(value: unknown): Promise<unknown>;
}>({
  startToCloseTimeout: '1 minute',
});

/** 46 */
export async function failsPlanned(): Promise<never> {
  throw ApplicationFailure.create({
    message: 'as planned',
    type: 'Planned',
    details: [{ code: 7 }],
    cause: ApplicationFailure.create({ message: 'the root', type: 'Root' }),
  });
}

/** 47: a bug, in one of two versions of the code. */
export async function buggy(): Promise<string> {
  await act('before');
  throw new TypeError('a bug');
}

/** 47: something thrown that is no error. */
export async function throwsText(): Promise<never> {
  // oxlint-disable-next-line typescript/only-throw-error -- this is the case under test
  throw 'a text';
}

/** 47: a promise that nobody looks after. */
export async function unhandled(): Promise<void> {
  void Promise.reject(new Error('left alone'));
  await sleep('1 day');
}

/** Does what it is given, once. */
export async function actOnce(value: unknown): Promise<unknown> {
  return act(value);
}

/** Waits for ever. */
export async function waits(): Promise<void> {
  await condition(() => false);
}

/** Returns at once. */
export async function returns(value: unknown): Promise<unknown> {
  return value;
}

/** 51: two steps in an order that another version of the code turns round. */
export async function reordered(): Promise<string> {
  await act('first');
  await other('second');
  return 'in order';
}
