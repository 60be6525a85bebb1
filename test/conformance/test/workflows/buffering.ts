import {
  CancellationScope,
  condition,
  defineSignal,
  proxyActivities,
  proxyLocalActivities,
  setHandler,
  sleep,
} from '@perdure/workflow';

const told = defineSignal<[string]>('told');
const { interfere } = proxyLocalActivities<{ interfere(how: string): Promise<void> }>({
  startToCloseTimeout: '1 minute',
});

/** Closes in a task while which a signal comes. */
export async function closesTooSoon(): Promise<string[]> {
  const seen: string[] = [];
  setHandler(told, (text) => void seen.push(text));
  await interfere('signal');
  return seen;
}

/** Takes a task while which a signal and an activity's result come. */
export async function isBusy(): Promise<string[]> {
  const { act } = proxyActivities({ startToCloseTimeout: '1 day' });
  const seen: string[] = [];
  setHandler(told, (text) => void seen.push(text));
  const acted = act!('completes elsewhere').then((text) => seen.push(String(text)));
  await condition(() => seen.length === 1);
  await interfere('complete, then signal');
  await acted;
  return seen;
}

/** Cancels a timer that has fired while the task ran, and closes. */
export async function cancelsFiredTimer(): Promise<string> {
  let begin = false;
  setHandler(told, () => void (begin = true));
  const scope = new CancellationScope();
  const timer = scope.run(() => sleep(1_500)).catch(() => 'cancelled');
  await condition(() => begin);
  await interfere('let the timer fire');
  scope.cancel();
  return String(await timer);
}

/** Takes so many signals while a task runs. */
export async function isFlooded(count: number): Promise<number> {
  let seen = 0;
  setHandler(told, () => void (seen += 1));
  await interfere(`signal ${count} times`);
  await condition(() => seen >= count);
  return seen;
}
