import {
  type ActivityOptions,
  CancellationScope,
  CancelledFailure,
  condition,
  defineSignal,
  isCancellation,
  proxyActivities,
  setHandler,
  sleep,
} from '@perdure/workflow';
import { chainOf } from '../chain.ts';
import type { Step } from '../scripted-activity.ts';

const go = defineSignal('go');

/** 21 */
export async function sleepsADay(): Promise<void> {
  await sleep('1 day');
}

/** 21: throws another cancellation than the one it got. */
export async function throwsItsOwn(): Promise<void> {
  await sleep('1 day').catch(() => {
    throw new CancelledFailure('my own');
  });
}

/** 21: is a cancellation that nobody asked for. */
export async function cancelsItself(): Promise<void> {
  throw new CancelledFailure('on a whim');
}

/** 21: lets the cancellation of an activity pass, which is one too. */
export async function awaitsActivity(options: ActivityOptions, ...steps: Step[]): Promise<unknown> {
  return proxyActivities({ startToCloseTimeout: '1 hour', ...options }).act!(...steps);
}

/** 22–24, 26: an activity is cancelled when a signal comes. */
export async function cancelsOnSignal(
  options: ActivityOptions,
  ...steps: Step[]
): Promise<unknown> {
  const { act } = proxyActivities({ startToCloseTimeout: '1 hour', ...options });
  let told = false;
  setHandler(go, () => void (told = true));
  const scope = new CancellationScope();
  const outcome = scope.run(() => act!(...steps)).catch(chainOf);
  await condition(() => told);
  scope.cancel();
  return outcome;
}

/** 22: goes on after its activity was cancelled, until it was heard of again. */
export async function ignoresLateOutcome(...steps: Step[]): Promise<unknown> {
  const outcome = await cancelsOnSignal({}, ...steps);
  await sleep('1 day');
  return outcome;
}

/** 25: the activity is cancelled in the task that schedules it. */
export async function cancelsUnscheduled(): Promise<unknown> {
  const { act } = proxyActivities({ startToCloseTimeout: '1 hour' });
  const scope = new CancellationScope();
  const outcome = scope.run(() => act!()).catch(chainOf);
  scope.cancel();
  return outcome;
}

/** 27 */
export async function cleansUp(): Promise<void> {
  const { act } = proxyActivities({ startToCloseTimeout: '1 hour' });
  try {
    await sleep('1 day');
  } catch (error) {
    if (!isCancellation(error)) throw error;
    await CancellationScope.nonCancellable(() => act!({ returns: 'clean' }));
    throw error;
  }
}

/** 28 */
export async function worksOn(): Promise<unknown> {
  const requested = CancellationScope.current().cancelRequested.catch(chainOf);
  await CancellationScope.nonCancellable(() => sleep('1 day'));
  return requested;
}
