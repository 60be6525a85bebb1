/** Workflows in several versions of their code, as if they had been changed between deployments. */
import {
  condition,
  defineUpdate,
  deprecatePatch,
  executeChild,
  patched,
  proxyActivities,
  proxyLocalActivities,
  setHandler,
  sleep,
} from '@perdure/workflow';

const { foo, bar } = proxyActivities<{ foo(): Promise<void>; bar(): Promise<void> }>({
  startToCloseTimeout: '1 minute',
});
const { near } = proxyLocalActivities<{ near(): Promise<string> }>({ startToCloseTimeout: '5s' });

export async function original(): Promise<string> {
  await foo();
  await sleep(10);
  return 'done';
}

export async function otherActivity(): Promise<string> {
  await bar();
  await sleep(10);
  return 'done';
}

export async function timerFirst(): Promise<string> {
  await sleep(10);
  await foo();
  return 'done';
}

export async function oneMore(): Promise<string> {
  await Promise.all([foo(), foo()]);
  await sleep(10);
  return 'done';
}

export async function oneLess(): Promise<string> {
  await foo();
  return 'done';
}

export async function failsInstead(): Promise<string> {
  await foo();
  throw new TypeError('broken');
}

export async function children(): Promise<string> {
  return executeChild<(n: number) => Promise<string>>('kid', { workflowId: 'kid', args: [1] });
}

export async function otherChild(): Promise<string> {
  return executeChild<() => Promise<string>>('other', { workflowId: 'kid' });
}

export async function withoutPatch(): Promise<void> {
  await sleep(1);
}

export async function withPatch(): Promise<void> {
  if (patched('mine')) await foo();
  await sleep(1);
}

export async function withDeprecatedPatch(): Promise<void> {
  deprecatePatch('mine');
  await foo();
  await sleep(1);
}

export async function afterPatch(): Promise<void> {
  await foo();
  await sleep(1);
}

export async function nearby(): Promise<string> {
  const first = await near();
  await sleep(1);
  return `${first} ${await near()}`;
}

export async function nearbyGone(): Promise<string> {
  await sleep(1);
  return near();
}

export async function updated(): Promise<number> {
  let sum = 0;
  setHandler(defineUpdate<number, [number]>('add'), (n) => (sum += n), {
    validator: (n) => {
      if (n < 0) throw new RangeError('refused');
    },
  });
  await condition(() => sum >= 3);
  return sum;
}
