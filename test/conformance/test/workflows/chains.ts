/** Runs that follow runs: by retry, by cron, by continuing as new; and runs that time out. */
import {
  ApplicationFailure,
  condition,
  continueAsNew,
  defineSignal,
  makeContinueAsNewFunc,
  proxyLocalActivities,
  setHandler,
  sleep,
  upsertMemo,
  workflowInfo,
} from '@perdure/workflow';

export const told = defineSignal<[string]>('told');
const { hold } = proxyLocalActivities<{ hold(): Promise<void> }>({
  startToCloseTimeout: '1 minute',
});

/** What a run knows of its place in the chain. */
export interface Place {
  attempt: number;
  lastFailure: string | undefined;
  lastResult: unknown;
  continuedFrom: string | undefined;
}

function place(): Place {
  const { attempt, lastFailure, lastResult, continuedFromExecutionRunId } = workflowInfo();
  return {
    attempt,
    lastFailure: lastFailure?.message,
    lastResult,
    continuedFrom: continuedFromExecutionRunId,
  };
}

/** 52: sleeps for a year. */
export async function sleepsForAYear(): Promise<void> {
  await sleep('365 days');
}

/** 52, 53: fails or sleeps too long until an attempt. */
export async function succeedsAt(attempt: number, how: 'fails' | 'sleeps'): Promise<Place> {
  const now = workflowInfo().attempt;
  if (now >= attempt) return place();
  if (how === 'sleeps') await sleep('365 days');
  throw ApplicationFailure.create({ message: `not at ${now}`, type: 'TooEarly' });
}

/** 53: fails in a way that is not retried. */
export async function failsForGood(): Promise<never> {
  throw ApplicationFailure.nonRetryable('never again', 'Final');
}

/** 54: counts its runs; the second fails, the third takes too long. */
export async function counts(): Promise<number> {
  const { lastResult, lastFailure } = workflowInfo();
  const count = (lastResult as number | undefined) ?? 0;
  if (count === 1 && !lastFailure) throw ApplicationFailure.create({ message: 'two fails' });
  if (count === 1 && lastFailure?.message === 'two fails') await sleep('365 days');
  return count + 1;
}

/** 54: waits to be cancelled. */
export async function waits(): Promise<void> {
  await sleep('1 minute');
}

/** 55: what the last run takes over. */
export async function handsOver(left: number): Promise<unknown> {
  const info = workflowInfo();
  if (left === 1) upsertMemo({ changed: 'in a run' });
  if (left > 0) await continueAsNew<typeof handsOver>(left - 1);
  const { memo, runTimeoutMs, executionTimeoutMs, taskTimeoutMs, retryPolicy } = info;
  const { searchAttributes, firstExecutionRunId, attempt } = info;
  return {
    memo,
    searchAttributes,
    runTimeoutMs,
    executionTimeoutMs,
    taskTimeoutMs,
    maximumAttempts: retryPolicy?.maximumAttempts,
    firstExecutionRunId,
    attempt,
  };
}

/** 55: the next run has it otherwise. */
export async function changesHands(): Promise<void> {
  await makeContinueAsNewFunc<typeof handsOver>({
    workflowType: 'handsOver',
    memo: { place: 'second' },
    searchAttributes: { place: ['second'] },
    workflowRunTimeout: '2 hours',
    workflowTaskTimeout: '3 seconds',
    retry: { maximumAttempts: 7 },
  })(0);
}

/** 55: goes on in a new run unless it has been told something by then. */
export async function continuesUnlessTold(): Promise<string> {
  const words: string[] = [];
  setHandler(told, (word) => void words.push(word));
  await hold();
  if (words.length === 0) await continueAsNew<typeof continuesUnlessTold>();
  return words.join(' ');
}

/** 55: waits for a word in its second run. */
export async function listensInSecondRun(second = false): Promise<string> {
  if (!second) await continueAsNew<typeof listensInSecondRun>(true);
  let heard = '';
  setHandler(told, (word) => void (heard = word));
  await condition(() => heard !== '');
  return heard;
}
