/** Patches, upserts, what a run knows of itself, local activities, options, sinks. */
import {
  AsyncLocalStorage,
  CancellationScope,
  IllegalStateError,
  condition,
  defineSignal,
  deprecatePatch,
  isCancellation,
  patched,
  proxyActivities,
  proxyLocalActivities,
  proxySinks,
  setHandler,
  setWorkflowOptions,
  sleep,
  upsertMemo,
  upsertSearchAttributes,
  workflowInfo,
} from '@perdure/workflow';

const { foo } = proxyActivities<{ foo(what: string): Promise<string> }>({
  startToCloseTimeout: '1 minute',
});
const local = proxyLocalActivities<{ near(what: string): Promise<string> }>({
  startToCloseTimeout: '5s',
});

let tooEarly: unknown;
try {
  patched('top level');
} catch (error) {
  tooEarly = error;
}

export async function patches(): Promise<string[]> {
  const seen: string[] = [];
  for (let turn = 0; turn < 2; turn++) {
    seen.push(patched('one') ? 'new' : 'old');
    await sleep(1);
  }
  deprecatePatch('two');
  seen.push(String(tooEarly instanceof IllegalStateError));
  return seen;
}

export async function manyPatches(): Promise<void> {
  for (let i = 0; i < 30; i++) patched(`${i}`.repeat(60));
}

export async function timeoutZero(): Promise<boolean | string> {
  const flipped = await condition(() => false, 0);
  return flipped ?? 'undefined';
}

export async function upserts(): Promise<unknown> {
  const before = workflowInfo();
  upsertMemo({ added: 1, note: null, kept: undefined });
  upsertSearchAttributes({ Place: ['there'], Gone: [] });
  upsertSearchAttributes([{ key: { name: 'Count', type: 'INT' }, value: 2 }]);
  const { memo, searchAttributes, typedSearchAttributes } = workflowInfo();
  return {
    before: [before.memo, before.searchAttributes],
    memo,
    searchAttributes,
    count: typedSearchAttributes.get({ name: 'Count', type: 'INT' }),
  };
}

export async function info(): Promise<unknown> {
  const all = workflowInfo();
  const { lastFailure, unsafe, ...facts } = all;
  return { ...facts, lastFailure: lastFailure?.message, isReplaying: unsafe.isReplaying };
}

export async function near(): Promise<string> {
  return local.near('in');
}

export async function mixed(): Promise<string[]> {
  return Promise.all([local.near('a'), foo('far'), local.near('b'), sleep(1).then(() => 'slept')]);
}

export async function nearFails(): Promise<unknown> {
  try {
    return await local.near('x');
  } catch (error) {
    const { name, message } = error as Error;
    return { name, message, cancelled: isCancellation(error) };
  }
}

export async function nearCancelled(when: 'at once' | 'later'): Promise<unknown> {
  const scope = new CancellationScope();
  const running = scope.run(() => nearFails());
  if (when === 'later') await sleep(1);
  scope.cancel();
  return running;
}

export async function notRegistered(): Promise<string> {
  const { missing } = proxyLocalActivities<{ missing(): Promise<void> }>({
    startToCloseTimeout: 1,
  });
  return missing().catch((error: Error) => `${error.name}: ${error.message}`) as Promise<string>;
}

export async function overrides(): Promise<void> {
  await Promise.all([
    foo.executeWithOptions({ startToCloseTimeout: '2s', summary: 'once' }, ['x']),
    local.near.executeWithOptions({ localRetryThreshold: '5s' }, ['y']),
  ]);
}

class Refused extends Error {}
class Deeper extends Refused {}

export async function failsByClass(which: 'listed' | 'other'): Promise<void> {
  if (which === 'listed') throw new Deeper('refused');
  throw new TypeError('other');
}
setWorkflowOptions(
  () => ({ failureExceptionTypes: [Refused], versioningBehavior: 'PINNED' }),
  failsByClass,
);

export default async function anyType(...args: unknown[]): Promise<unknown> {
  return { type: workflowInfo().workflowType, args };
}

const { metrics } = proxySinks<{ metrics: { count(name: string, facts: object): void } }>();

export async function sinks(): Promise<void> {
  metrics.count('begun', { at: new Date(), list: [1] });
  await sleep(1);
  metrics.count('done', {});
}

export async function storage(): Promise<unknown[]> {
  const als = new AsyncLocalStorage<string>();
  const other = new AsyncLocalStorage<number>();
  const seen: unknown[] = [als.getStore() ?? 'none'];
  const inside = async (name: string): Promise<void> => {
    await sleep(1);
    await CancellationScope.cancellable(async () => {
      await Promise.resolve();
      seen.push([name, als.getStore(), other.getStore() ?? 'none']);
    });
    als.exit(() => seen.push([name, als.getStore() ?? 'none']));
  };
  await Promise.all([
    als.run('a', () => inside('one')),
    als.run('b', () => other.run(7, () => inside('two'))),
  ]);
  als.enterWith('rest');
  await Promise.resolve();
  seen.push(als.getStore());
  als.disable();
  seen.push(als.getStore() ?? 'none');
  return seen;
}

export async function interrupted(): Promise<void> {
  let stopped = false;
  setHandler(defineSignal('stop'), () => {
    stopped = true;
  });
  await condition(() => stopped);
}
