import {
  CancellationScope,
  type Duration,
  condition,
  defineSignal,
  proxyActivities,
  setHandler,
  sleep,
} from '@perdure/workflow';
import { chainOf } from '../chain.ts';

const go = defineSignal('go');

/** 15 */
export async function oneTimer(): Promise<string> {
  await sleep(100);
  return 'slept';
}

/** 16 */
export async function longerCancelled(): Promise<string[]> {
  const scope = new CancellationScope();
  const longer = scope.run(() => sleep('2 days')).catch(chainOf);
  await sleep('1 day');
  scope.cancel();
  return (await longer) as string[];
}

/** 17: the timer is cancelled in the task that made it. */
export async function cancelledAtOnce(): Promise<string[]> {
  const scope = new CancellationScope();
  const timer = scope.run(() => sleep('1 day')).catch(chainOf);
  scope.cancel();
  return (await timer) as string[];
}

/** 18 */
export async function conditional(timeout: Duration): Promise<boolean> {
  let set = false;
  setHandler(go, () => void (set = true));
  return condition(() => set, timeout);
}

/** 18: it holds from the first. */
export async function conditionAlreadyTrue(): Promise<boolean> {
  return condition(() => true, '1 day');
}

/** 19 */
export async function timeoutInside(): Promise<string[]> {
  return CancellationScope.withTimeout('1 hour', () => sleep('1 day')).catch(chainOf) as Promise<
    string[]
  >;
}

/** 19: what has a timeout ends before it. */
export async function inTime(): Promise<string> {
  return CancellationScope.withTimeout('1 day', async () => {
    await sleep('1 hour');
    return 'in time';
  });
}

/** 20: nobody waits for the activity and the timer. */
export async function unawaited(): Promise<string> {
  const { act } = proxyActivities({ startToCloseTimeout: '1 minute', taskQueue: 'deserted' });
  void act!();
  void sleep('1 day');
  return 'gone';
}
