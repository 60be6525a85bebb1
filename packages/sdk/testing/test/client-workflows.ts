/** What the tests of the client run. */
import {
  ApplicationFailure,
  condition,
  continueAsNew,
  defineQuery,
  defineSignal,
  defineUpdate,
  proxyActivities,
  setHandler,
  sleep,
  workflowInfo,
} from '@perdure/workflow';

export const add = defineUpdate<number, [number]>('add');
export const total = defineQuery<number>('total');
export const scaled = defineQuery<number, [number]>('scaled');
export const broken = defineQuery<never>('broken');
export const finish = defineSignal<[string]>('finish');

/** Adds up what it is told to, until it is told to finish. */
export async function counter(start = 0): Promise<string> {
  let sum = start;
  let last: string | undefined;
  setHandler(total, () => sum);
  setHandler(scaled, (factor) => sum * factor);
  setHandler(broken, () => {
    throw new TypeError('it is broken');
  });
  setHandler(finish, (word) => void (last = word));
  setHandler(
    add,
    async (amount) => {
      if (amount === 13) throw ApplicationFailure.nonRetryable('13 fails', 'Unlucky', amount);
      // Over several workflow tasks, so that the update is accepted and not yet completed.
      if (amount > 1_000) await sleep('1 day');
      sum += amount;
      return sum;
    },
    {
      validator(amount) {
        if (amount < 0) throw new RangeError(`${amount} is negative`);
      },
    },
  );
  await condition(() => last !== undefined);
  return `${last} ${sum}`;
}

/** Continues as new some times, then returns its arguments' sum. */
export async function chain(left: number, sum = 0): Promise<number> {
  if (left > 0) await continueAsNew<typeof chain>(left - 1, sum + left);
  return sum;
}

/** Fails on all but the given attempt. */
export async function retried(until: number): Promise<number> {
  const { attempt } = workflowInfo();
  if (attempt < until) throw ApplicationFailure.retryable(`attempt ${attempt}`, 'Again');
  return attempt;
}

const { hang } = proxyActivities<{ hang(): Promise<string> }>({
  startToCloseTimeout: '1 hour',
  heartbeatTimeout: '1 hour',
  retry: { maximumAttempts: 1 },
});
const { handOver } = proxyActivities<{ handOver(): Promise<string> }>({
  startToCloseTimeout: '1 hour',
  retry: { maximumAttempts: 2 },
});

/** Waits for what comes from outside. */
export async function outside(): Promise<string> {
  return hang();
}

/** Waits for what comes from outside, whatever becomes of the worker. */
export async function handedOver(): Promise<string> {
  return handOver();
}

/** Sleeps for as long as nobody ends it. */
export async function forever(): Promise<void> {
  await sleep('10 years');
}
