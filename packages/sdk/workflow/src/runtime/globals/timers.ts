/** `setTimeout` as a durable timer, and `queueMicrotask`. */
import { CancellationScope } from '../../cancellation-scope.ts';
import { startedRun } from '../current-run.ts';
import { cancelTimer, startTimer } from '../timer.ts';
import { domString } from './dom-string.ts';
import { defineGlobal } from './realm.ts';

/** Puts the timer globals in place. */
export function installTimers(): void {
  defineGlobal('setTimeout', setDurableTimeout);
  defineGlobal('clearTimeout', clearDurableTimeout);
  defineGlobal('queueMicrotask', (callback: () => void) => {
    void Promise.resolve().then(callback);
  });
}

/** Calls back after a time; returns the number of the timer. An error in the callback fails the task. */
function setDurableTimeout(
  callback: (...args: unknown[]) => void,
  delayMs: unknown,
  ...args: unknown[]
): number {
  if (typeof callback !== 'function') {
    throw new TypeError(`setTimeout() wants a function to call; got ${typeof callback}`);
  }
  const run = startedRun('setTimeout()');
  const delay = Number(delayMs ?? 0);
  const { timerId, promise } = startTimer(
    run,
    Number.isFinite(delay) ? delay : 0,
    CancellationScope.current(),
  );
  void promise.then(
    () => callback(...args),
    () => {},
  );
  return Number(timerId);
}

function clearDurableTimeout(handle: unknown): void {
  if (handle === undefined || handle === null) return;
  cancelTimer(startedRun('clearTimeout()'), domString(handle));
}
