/** What the tests of the environments run. */
import {
  condition,
  continueAsNew,
  defineSignal,
  executeChild,
  getExternalWorkflowHandle,
  proxyActivities,
  setHandler,
  sleep,
  startChild,
} from '@perdure/workflow';
import type { Activities } from './activities.ts';

export const proceed = defineSignal<[string]>('proceed');

const { work } = proxyActivities<Activities>({ startToCloseTimeout: '10s' });
const { flaky } = proxyActivities<Activities>({
  startToCloseTimeout: '10s',
  retry: { initialInterval: '1 hour', backoffCoefficient: 2, maximumInterval: '1 week' },
});
const { long } = proxyActivities<Activities>({ startToCloseTimeout: '30 days' });
const { long: tooLong } = proxyActivities<Activities>({
  startToCloseTimeout: '1 day',
  retry: { maximumAttempts: 1 },
});
const { flaky: forHours } = proxyActivities<Activities>({
  startToCloseTimeout: '10s',
  scheduleToCloseTimeout: '10 hours',
  retry: { initialInterval: '1 hour', backoffCoefficient: 1 },
});
const { unserved } = proxyActivities<Activities>({
  taskQueue: 'nobody',
  scheduleToStartTimeout: '3 days',
  startToCloseTimeout: '1s',
  retry: { maximumAttempts: 1 },
});

export async function sleepFor(ms: number): Promise<number> {
  const from = Date.now();
  await sleep(ms);
  return Date.now() - from;
}

/** Whether the signal came within a day. */
export async function waitADay(): Promise<string> {
  let word = '';
  setHandler(proceed, (said) => {
    word = said;
  });
  return (await condition(() => word !== '', '1 day')) ? word : 'nobody came';
}

/** Waits for a signal for as long as it takes. */
export async function waitForSignal(): Promise<string> {
  let word = '';
  setHandler(proceed, (said) => {
    word = said;
  });
  await condition(() => word !== '');
  return word;
}

export async function retryFlaky(failures: number): Promise<number> {
  const from = Date.now();
  await flaky(failures);
  return Date.now() - from;
}

/** Races a long timer with an activity that takes real time. */
export async function workBesideTimer(): Promise<string> {
  return Promise.race([work('done'), sleep('1 hour').then(() => 'overtaken')]);
}

export async function sleepInActivity(): Promise<number> {
  const from = Date.now();
  await long();
  return Date.now() - from;
}

export async function sleepTooLongInActivity(): Promise<void> {
  await tooLong();
}

/** Tries an activity that always fails, for hours; returns how long. */
export async function tryForHours(): Promise<number> {
  const from = Date.now();
  await forHours(1_000_000).catch(() => undefined);
  return Date.now() - from;
}

export async function callUnserved(): Promise<void> {
  await unserved();
}

/** A bit of everything. */
export async function mixture(): Promise<string[]> {
  const words: string[] = [];
  await sleep('3 hours');
  words.push(await work('one'));
  await Promise.all([sleep('1 day'), sleep('2 days')]);
  await flaky(1);
  await condition(() => false, '1 week');
  words.push(await work('two'));
  return words;
}

/** Counts the days while it waits. */
export async function countDays(days: number): Promise<number> {
  let counted = 0;
  for (; counted < days; counted++) await sleep('1 day');
  return counted;
}

/** A small program; its steps wait for hours of workflow time. */
export type Program =
  | { readonly kind: 'sleep'; readonly hours: number }
  | { readonly kind: 'retry'; readonly failures: number }
  | { readonly kind: 'sequence' | 'all' | 'first'; readonly parts: readonly Program[] };

/** Returns the hours that a program took. */
export async function runProgram(program: Program): Promise<number> {
  const from = Date.now();
  await carryOut(program);
  return (Date.now() - from) / 3_600_000;
}

async function carryOut(program: Program): Promise<void> {
  switch (program.kind) {
    case 'sleep':
      return sleep(program.hours * 3_600_000);
    case 'retry':
      return flaky(program.failures);
    case 'sequence':
      for (const part of program.parts) await carryOut(part);
      return;
    case 'all':
      await Promise.all(program.parts.map(carryOut));
      return;
    case 'first':
      return Promise.race(program.parts.map(carryOut));
  }
}

/** A bug: its workflow tasks fail, again and again. */
export async function failTasks(): Promise<void> {
  await sleep('1 hour');
  throw new TypeError('a bug');
}

/** As assertion libraries do. */
class AssertionError extends Error {
  override readonly name = 'AssertionError';
}

export const check = defineSignal('check');

/** Asserts what does not hold: in the signal handler, or when nobody signals for an hour. */
export async function assertsInVain(): Promise<void> {
  setHandler(check, () => {
    throw new AssertionError('expected the signal to be welcome');
  });
  await sleep('1 hour');
  throw new AssertionError('expected 1 to be 2');
}

/** A child that sleeps for 30 days beside one that is told to go on after a week. */
export async function family(): Promise<[number, string]> {
  const from = Date.now();
  const waiting = await startChild(waitForSignal);
  const sleeping = executeChild(sleepFor, { args: [30 * 86_400_000] });
  await sleep('1 week');
  await getExternalWorkflowHandle(waiting.workflowId).signal(proceed, 'a week has passed');
  const said = await waiting.result();
  await sleeping;
  return [Date.now() - from, said];
}

/** Runs for a day, then as a new run, until it has run for that many days; returns where it began. */
export async function dayByDay(days: number, from = Date.now()): Promise<number> {
  await sleep('1 day');
  return days > 1 ? continueAsNew<typeof dayByDay>(days - 1, from) : Date.now() - from;
}
