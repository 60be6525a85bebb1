import {
  type ActivityOptions,
  CancellationScope,
  condition,
  defineSignal,
  isCancellation,
  proxyActivities,
  setHandler,
  sleep,
} from '@perdure/workflow';

interface Activities {
  act(): Promise<string>;
  cleanUp(): Promise<string>;
}

const { cleanUp } = proxyActivities<Activities>({ startToCloseTimeout: '1 minute' });
const go = defineSignal('go');

/** What a rejection is, with its causes, in one line. */
function chain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { name, message, cause } = error;
  return `${name}(${message})${cause ? ` <- ${chain(cause)}` : ''}`;
}

/** 15 */
export async function oneTimer(): Promise<string> {
  await sleep(100);
  return 'slept';
}

/** 16: the longer of two sleeps is cancelled when the shorter ends. */
export async function longerCancelled(): Promise<string> {
  const scope = new CancellationScope();
  const longer = scope.run(() => sleep('1 day')).catch(chain);
  await sleep(50);
  scope.cancel();
  return String(await longer);
}

/** 17: a timer that is cancelled in the task that made it. */
export async function cancelledAtOnce(): Promise<string> {
  const scope = new CancellationScope();
  const timer = scope.run(() => sleep('1 day')).catch(chain);
  scope.cancel();
  return String(await timer);
}

/** 18: a condition with a timeout. */
export async function conditional(timeoutMs: number): Promise<boolean> {
  let set = false;
  setHandler(go, () => void (set = true));
  return condition(() => set, timeoutMs);
}

/** 18: a condition that holds from the first. */
export async function conditionAlreadyTrue(): Promise<boolean> {
  return condition(() => true, '1 day');
}

/** 19 */
export async function timeoutInside(): Promise<string> {
  return CancellationScope.withTimeout(50, () => sleep('1 day'))
    .then(() => 'slept')
    .catch(chain);
}

/** 20: nobody waits for the activity and the timer. */
export async function unawaited(): Promise<string> {
  const { act } = proxyActivities<Activities>({ startToCloseTimeout: '1 minute' });
  void act();
  void sleep('1 day');
  return 'gone';
}

/** 21 */
export async function sleepsADay(): Promise<void> {
  await sleep('1 day');
}

/** 22–24: an activity is cancelled once it runs, as its options say. */
export async function cancelRunning(
  cancellationType: ActivityOptions['cancellationType'],
  heartbeatTimeout?: number,
): Promise<string> {
  const { act } = proxyActivities<Activities>({
    startToCloseTimeout: '1 minute',
    heartbeatTimeout,
    cancellationType,
  });
  let running = false;
  setHandler(go, () => void (running = true));
  const scope = new CancellationScope();
  const outcome = scope.run(() => act()).catch(chain);
  await condition(() => running);
  scope.cancel();
  return outcome;
}

/** 25: an activity that is cancelled in the task that scheduled it. */
export async function cancelUnscheduled(): Promise<string> {
  const { act } = proxyActivities<Activities>({ startToCloseTimeout: '1 minute' });
  const scope = new CancellationScope();
  const outcome = scope.run(() => act()).catch(chain);
  scope.cancel();
  return outcome;
}

/** 27 */
export async function cleansUp(): Promise<void> {
  try {
    await sleep('1 day');
  } catch (error) {
    if (isCancellation(error)) await CancellationScope.nonCancellable(() => cleanUp());
    throw error;
  }
}

/** 28: works on although it was asked to stop. */
export async function worksOn(): Promise<string> {
  const whole = CancellationScope.current();
  return CancellationScope.nonCancellable(async () => {
    await condition(() => whole.consideredCancelled, '1 day');
    return cleanUp();
  });
}
