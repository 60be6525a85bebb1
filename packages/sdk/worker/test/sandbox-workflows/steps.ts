/** Activities, timers and conditions. */
import {
  type ActivityOptions,
  condition,
  defineSignal,
  inWorkflowContext,
  proxyActivities,
  setHandler,
  sleep,
  workflowInfo,
} from '@perdure/workflow';
import type * as activities from './activities.ts';

const { foo, bar } = proxyActivities<typeof activities>({ startToCloseTimeout: '1 minute' });

export async function fooBar(input: string): Promise<string> {
  const first = await foo(input);
  const second: number = await bar(first, 2);
  return `${first}:${second}`;
}

export async function parallel(): Promise<string[]> {
  return Promise.all([foo('a'), foo('b'), foo('c')]);
}

export async function withOptions(): Promise<void> {
  const slow = proxyActivities<typeof activities>({
    startToCloseTimeout: 1000,
    scheduleToCloseTimeout: '1h',
    scheduleToStartTimeout: '30s',
    heartbeatTimeout: '5s',
    taskQueue: 'other',
    activityId: 'mine',
    retry: { initialInterval: '2s', maximumAttempts: 3, nonRetryableErrorTypes: ['Fatal'] },
  });
  await slow.foo('x');
}

export async function withoutTimeouts(): Promise<void> {
  proxyActivities<typeof activities>({} as ActivityOptions);
}

export async function sameIdTwice(): Promise<string> {
  const { foo: one } = proxyActivities<typeof activities>({
    startToCloseTimeout: 1000,
    activityId: 'mine',
  });
  void one('a');
  return one('b').catch((error: Error) => `${error.name}: ${error.message}`);
}

export async function unawaited(): Promise<string> {
  void foo('x');
  void sleep('1 day');
  return 'done';
}

export async function failing(): Promise<unknown> {
  try {
    return await foo('x');
  } catch (error) {
    const { name, message, cause, retryState, activityType, activityId } = error as Error &
      Record<string, unknown>;
    const why = cause as Error & { type?: string };
    return {
      chain: [`${name}: ${message}`, `${why.name}: ${why.message} (${why.type})`],
      retryState,
      activityType,
      activityId,
    };
  }
}

export async function bytes(input: Uint8Array): Promise<boolean> {
  input[0] = 9;
  const echoed = await proxyActivities<{ echo(bytes: Uint8Array): Promise<Uint8Array> }>({
    startToCloseTimeout: 1000,
  }).echo(input);
  return echoed instanceof Uint8Array;
}

export async function sleeps(): Promise<string> {
  await sleep(100);
  await sleep('1 day');
  await sleep(-5);
  return 'done';
}

export async function timeouts(): Promise<string[]> {
  const seen: string[] = [];
  const late = setTimeout(() => seen.push('never'), 500);
  setTimeout((what: string) => seen.push(what), 50, 'first');
  await sleep(100);
  clearTimeout(late);
  seen.push(typeof late);
  return seen;
}

export async function clearedAtOnce(): Promise<string> {
  clearTimeout(setTimeout(() => {}, 500));
  return 'done';
}

const flip = defineSignal<[boolean]>('flip');

export async function waitFor(timeout?: string): Promise<unknown> {
  let flipped = false;
  setHandler(flip, (to) => {
    flipped = to;
  });
  return timeout === undefined
    ? condition(() => flipped)
    : condition(() => flipped, timeout as '1 minute');
}

export async function alreadyTrue(): Promise<unknown> {
  const answer = await condition(() => true, '1 minute');
  await condition(() => true);
  await sleep(1);
  return answer;
}

export async function badPredicate(): Promise<void> {
  await sleep(1);
  let looks = 0;
  await condition(() => {
    looks += 1;
    if (looks > 1) throw new Error('predicate broke');
    return false;
  });
}

export async function info(): Promise<unknown> {
  await sleep(1);
  const it = workflowInfo();
  return {
    ...it,
    unsafe: it.unsafe.isReplaying,
    inside: inWorkflowContext(),
    frozen: Object.isFrozen(it),
  };
}
