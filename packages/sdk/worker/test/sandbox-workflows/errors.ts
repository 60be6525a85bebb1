/** Everything that can go wrong in workflow code. */
import {
  ActivityFailure,
  ApplicationFailure,
  CancellationScope,
  proxyActivities,
  sleep,
} from '@perdure/workflow';

const { foo } = proxyActivities<{ foo(): Promise<string> }>({ startToCloseTimeout: '1 minute' });

class OrderRefused extends Error {
  readonly order: string;
  constructor(order: string) {
    super(`order ${order} refused`);
    this.name = 'OrderRefused';
    this.order = order;
  }
}

class Declined extends ApplicationFailure {
  override name = 'Declined';
}

export async function throwsFailure(): Promise<void> {
  throw ApplicationFailure.create({
    message: 'no stock',
    type: 'Stock',
    nonRetryable: true,
    details: [{ left: 0 }],
    cause: new OrderRefused('o-1'),
  });
}

export async function throwsSubclass(): Promise<void> {
  throw new Declined('declined', 'Card');
}

export async function throwsActivityFailure(): Promise<void> {
  await foo();
}

export async function wrapsActivityFailure(): Promise<string> {
  return foo().catch((error: unknown) => {
    if (error instanceof ActivityFailure && error.cause instanceof ApplicationFailure) {
      return `${error.cause.type} ${JSON.stringify(error.cause.details)}`;
    }
    throw error;
  });
}

export async function throwsError(): Promise<void> {
  await sleep(1);
  throw new OrderRefused('o-2');
}

export async function throwsSynchronously(): Promise<void> {
  refuse('o-3');
}

function refuse(order: string): never {
  throw new OrderRefused(order);
}

export async function throwsText(): Promise<void> {
  // oxlint-disable-next-line typescript/only-throw-error -- what is under test
  throw 'just text';
}

export async function throwsObject(): Promise<void> {
  // oxlint-disable-next-line typescript/only-throw-error -- what is under test
  throw { code: 7 };
}

export async function forgetsRejection(): Promise<void> {
  void sleep(1).then(() => {
    throw new TypeError('nobody looks');
  });
  await sleep('1 day');
}

export async function forgetsActivity(): Promise<void> {
  void foo();
  await sleep('1 day');
}

export async function handlesRejectionLater(): Promise<string> {
  const failing = Promise.reject(new Error('handled in time'));
  await Promise.resolve();
  await Promise.resolve();
  return failing.catch((error: Error) => error.message);
}

export async function throwsInTimeout(): Promise<void> {
  setTimeout(() => {
    throw new RangeError('in a callback');
  }, 1);
  await sleep('1 day');
}

/** Rejects, and handles it in the same task. */
export async function rejectsAndHandles(): Promise<void> {
  await sleep(1);
  const failing = Promise.reject(new Error('handled in time'));
  await Promise.resolve();
  failing.catch(() => {});
  await sleep('1 day');
}

export async function fetches(): Promise<void> {
  await (globalThis as unknown as { fetch(url: string): Promise<unknown> }).fetch('http://x');
}

export async function readsProcess(): Promise<string> {
  return process.version;
}

export async function unserializable(): Promise<unknown> {
  return { big: 10n };
}

export async function unserializableArgument(): Promise<void> {
  await proxyActivities<{ foo(n: bigint): Promise<void> }>({ startToCloseTimeout: 1 }).foo(10n);
}

export async function deepStack(): Promise<void> {
  await CancellationScope.cancellable(async () => {
    await sleep(1);
    deeper(2);
  });
}

function deeper(levels: number): void {
  if (levels === 0) throw ApplicationFailure.nonRetryable('at the bottom', 'Bottom');
  deeper(levels - 1);
}

export async function closesTwice(): Promise<void> {
  void sleep(1).then(() => foo());
  await sleep(2);
  throw ApplicationFailure.create({ message: 'first', type: 'First' });
}
