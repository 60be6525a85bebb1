/** Waiting by looking: what `describe` says of the activity `bar`, until it is as wanted. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { PendingActivityInfo, WorkflowHandle } from '@perdure/client';
import { failureText } from '../history/open-history.ts';
import { bugMessage } from './activities.ts';
import { DemoCheckError } from './checks.ts';
import type { Report } from './report.ts';

const lookEveryMs = 40;

/**
 * Looks at a workflow until its pending activity is as wanted.
 *
 * @param looked told of each look
 * @throws DemoCheckError when it has not come to that in time
 */
export async function untilPending(
  handle: WorkflowHandle,
  claim: string,
  wanted: (activity: PendingActivityInfo) => boolean,
  looked: (activity: PendingActivityInfo | undefined) => void = () => {},
): Promise<PendingActivityInfo> {
  const withinMs = 45_000;
  const deadline = Date.now() + withinMs;
  let last: PendingActivityInfo | undefined;
  while (Date.now() < deadline) {
    const { pendingActivities } = await inTime(handle.describe(), claim, withinMs);
    [last] = pendingActivities;
    looked(last);
    if (last && wanted(last)) return last;
    await sleep(lookEveryMs);
  }
  const seen = last ? `${last.activityType} is ${last.state}, attempt ${last.attempt}` : 'nothing';
  throw new DemoCheckError(`Waited ${withinMs / 1000} s in vain until ${claim}. Pending: ${seen}.`);
}

/** @throws DemoCheckError when it takes longer */
export async function inTime<T>(work: Promise<T>, claim: string, withinMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const text = `Waited ${withinMs / 1000} s in vain until ${claim}.`;
    timer = setTimeout(() => reject(new DemoCheckError(text)), withinMs);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

/** How long the countdown to one attempt is shown. */
const watchMs = 1_500;

/**
 * Shows the failing activity: attempt, last failure, time until the next one. Ends when it has seen
 * two attempts fail and the countdown to another go down.
 */
export async function watchFailing(
  report: Report,
  handle: WorkflowHandle,
): Promise<PendingActivityInfo> {
  const waits = new Map<number, { first: number; last: number }>();
  let shown: PendingActivityInfo | undefined;
  const enough = (activity: PendingActivityInfo): boolean => {
    const { state, nextAttemptTime, lastFailure, attempt } = activity;
    if (state !== 'BACKING_OFF' || !nextAttemptTime || !lastFailure?.message.includes(bugMessage)) {
      return false;
    }
    const left = nextAttemptTime.getTime() - Date.now();
    const { first } = waits.get(attempt) ?? { first: left };
    waits.set(attempt, { first, last: left });
    return waits.size >= 2 && left > 0 && first - left >= watchMs;
  };
  const work = untilPending(handle, 'bar has failed twice', enough, (activity) => {
    shown = activity;
  });
  return report.watch(() => pendingLine(shown, report), work);
}

function pendingLine(
  activity: PendingActivityInfo | undefined,
  { paint }: Report,
): { live: string; settled: string } {
  if (activity === undefined) return { live: '…', settled: '…' };
  const { activityType, attempt, state, nextAttemptTime, lastFailure } = activity;
  const why = lastFailure ? `last failure: ${failureText(lastFailure)}` : 'no failure yet';
  const text = (next: string): string =>
    `${paint('bold', activityType)}  attempt ${attempt}  ${next}  ${paint('dim', why)}`;
  if (state !== 'BACKING_OFF' || nextAttemptTime === undefined) {
    return { live: text('running'), settled: text('running') };
  }
  const left = Math.max(nextAttemptTime.getTime() - Date.now(), 0) / 1000;
  const next = (digits: number): string => paint('yellow', `next in ${left.toFixed(digits)} s`);
  return { live: text(next(2)), settled: text(next(0)) };
}
