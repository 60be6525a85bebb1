/** What a request to stop does, at every place it can reach. */
import {
  type ActivityCancellationType,
  ActivityFailure,
  CancellationScope,
  CancelledFailure,
  Trigger,
  condition,
  defineSignal,
  isCancellation,
  proxyActivities,
  setHandler,
  sleep,
} from '@perdure/workflow';

const options = { startToCloseTimeout: '1 minute' } as const;
const { foo, cleanUp } = proxyActivities<{
  foo(): Promise<string>;
  cleanUp(): Promise<void>;
}>(options);

/** The chain of an error, as text. */
function chain(error: unknown): string[] {
  if (!(error instanceof Error)) return [];
  const state = error instanceof ActivityFailure ? ` [${error.retryState}]` : '';
  return [`${error.name}: ${error.message}${state}`, ...chain(error.cause)];
}

export async function sleeper(): Promise<void> {
  await sleep('1 day');
}

export async function swallows(): Promise<string[]> {
  return sleep('1 day').then(
    () => [],
    (error: unknown) => [...chain(error), String(isCancellation(error))],
  );
}

export async function throwsOtherCancellation(): Promise<void> {
  await sleep('1 day').catch(() => {
    throw new CancelledFailure('my own');
  });
}

export async function throwsCancelledUnasked(): Promise<void> {
  await sleep(1);
  throw new CancelledFailure('nobody asked');
}

export async function waitsForCondition(): Promise<string[]> {
  return condition(() => false).then(() => [], chain);
}

export async function waitsForConditionWithTimeout(): Promise<string[]> {
  return condition(() => false, '1 day').then(() => [], chain);
}

export async function waitsForTrigger(): Promise<string[]> {
  const trigger = new Trigger<string>();
  return trigger.then(() => [], chain);
}

export async function activity(type: ActivityCancellationType): Promise<unknown> {
  const { foo: call } = proxyActivities<{ foo(): Promise<string> }>({
    ...options,
    cancellationType: type,
  });
  return call().catch(chain);
}

export async function startsAfterCancel(): Promise<string[][]> {
  await sleep('1 day').catch(() => {});
  const caught = (promise: Promise<unknown>): Promise<string[]> => promise.then(() => [], chain);
  return [await caught(foo()), await caught(sleep(1)), await caught(condition(() => true))];
}

/** Scenario 16: the shorter timer fires and cancels the scope of the longer. */
export async function cancelOther(): Promise<string[]> {
  const scope = new CancellationScope();
  const longer = scope.run(() => sleep(1000)).then(() => [], chain);
  await sleep(10);
  scope.cancel();
  return longer;
}

/** Scenarios 17 and 25: made and cancelled in one task. */
export async function cancelAtOnce(type: ActivityCancellationType): Promise<unknown[]> {
  const scope = new CancellationScope();
  const { foo: call } = proxyActivities<{ foo(): Promise<string> }>({
    ...options,
    cancellationType: type,
  });
  const both = scope.run(() => Promise.all([sleep(1000).catch(chain), call().catch(chain)]));
  scope.cancel();
  return both;
}

export async function withTimeout(): Promise<string[]> {
  return CancellationScope.withTimeout(10, () => sleep(1000)).then(() => [], chain);
}

export async function withinTimeout(): Promise<string> {
  return CancellationScope.withTimeout(1000, async () => {
    await sleep(10);
    return 'in time';
  });
}

/** Scenario 27. */
export async function cleansUp(): Promise<void> {
  try {
    await sleep('1 day');
  } catch (error) {
    await CancellationScope.nonCancellable(() => cleanUp());
    throw error;
  }
}

/** Scenario 28. */
export async function shielded(): Promise<string[]> {
  const asked = CancellationScope.current().cancelRequested.then(() => [], chain);
  const result = await CancellationScope.nonCancellable(async () => {
    await sleep(100);
    return foo();
  });
  return [result, ...(await asked)];
}

export async function shieldedScope(): Promise<string[]> {
  return CancellationScope.nonCancellable(() => CancellationScope.cancellable(() => foo())).then(
    (result) => [result],
    chain,
  );
}

/** The scope of a call follows its awaits, however they interleave. */
export async function interleaved(): Promise<unknown[]> {
  const scopes = [0, 1, 2].map(() => new CancellationScope());
  const seen = scopes.map((scope, index) =>
    scope.run(async () => {
      await sleep(10 + index);
      await Promise.resolve();
      const mine = CancellationScope.current() === scope;
      return [mine, await sleep(1000).then(() => 'slept', chain)];
    }),
  );
  await sleep(100);
  scopes[1]?.cancel();
  return [CancellationScope.current().parent === undefined, ...(await Promise.all(seen))];
}

export async function nested(): Promise<string[]> {
  const seen: string[] = [];
  const note =
    (name: string) =>
    (error: unknown): void => {
      seen.push(`${name} ${chain(error).join()}`);
    };
  const outer = new CancellationScope();
  const work = outer.run(async () => {
    const inner = CancellationScope.cancellable(() => sleep(1000).catch(note('inner')));
    const shield = CancellationScope.nonCancellable(() =>
      sleep(2000).then(() => seen.push('shield')),
    );
    await Promise.all([sleep(500).catch(note('outer')), inner, shield]);
  });
  await sleep(10);
  outer.cancel();
  await work;
  return seen;
}

const stop = defineSignal('stop');

/** A scope cancelled by a signal's handler, which itself belongs to the root. */
export async function cancelledBySignal(): Promise<unknown> {
  const scope = new CancellationScope();
  let handlerAtRoot = false;
  return scope
    .run(async () => {
      setHandler(stop, () => {
        handlerAtRoot = CancellationScope.current() !== scope;
        scope.cancel();
      });
      await foo();
    })
    .catch((error: unknown) => [handlerAtRoot, ...chain(error)]);
}

/** Many short scopes leave nothing behind in their parent. */
export async function manyScopes(): Promise<void> {
  for (;;) await CancellationScope.cancellable(() => sleep(1));
}
