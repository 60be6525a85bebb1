/** The workflows of the benchmark. */
import {
  condition,
  defineSignal,
  log,
  proxyActivities,
  setHandler,
  sleep,
} from '@perdure/workflow';
import type * as activities from './activities.ts';

const { foo, bar, step, slowFoo, slowBar } = proxyActivities<typeof activities>({
  startToCloseTimeout: '1 minute',
});

/** Nothing but its result. */
export async function nothing(name: string): Promise<string> {
  return name;
}

/** Two activities in a row. */
export async function fooBar(name: string): Promise<string> {
  return bar(await foo(name));
}

/** Two activities of 50 ms in a row. */
export async function slowFooBar(name: string): Promise<string> {
  return slowBar(await slowFoo(name));
}

/** That many activities, each after the one before. */
export async function stepsInARow(count: number): Promise<number> {
  let done = 0;
  while (done < count) done = await step(done);
  return done;
}

/** That many activities at once. */
export async function stepsAtOnce(count: number): Promise<number> {
  const all = await Promise.all(Array.from({ length: count }, (_, index) => step(index)));
  return all.length;
}

/** Waits for the signal `go`, and has its worker note when it came. */
export async function react(): Promise<string> {
  let gone = false;
  setHandler(defineSignal('go'), () => {
    gone = true;
    log.info('told');
  });
  await condition(() => gone);
  return 'gone';
}

/** Sleeps for a day. */
export async function park(): Promise<void> {
  await sleep('1 day');
}
