/** Waiting for the run's own state to change. */
import { type Duration, msToNumber } from '@perdure/common';
import { CancellationScope } from './cancellation-scope.ts';
import { startedRun } from './runtime/current-run.ts';
import type { PendingCondition, Run } from './runtime/run.ts';
import { cancelTimer, startTimer } from './runtime/timer.ts';

/**
 * Resolves once `predicate` returns true. It is looked at now and after everything that happens to
 * the run, so it must be quick and change nothing; if it throws, the workflow task fails.
 */
export function condition(predicate: () => boolean): Promise<void>;
/**
 * Resolves with true once `predicate` returns true, or with false after `timeout`. Starts no timer
 * when it is true at once (semantics 18).
 */
export function condition(predicate: () => boolean, timeout: Duration): Promise<boolean>;
export async function condition(
  predicate: () => boolean,
  timeout?: Duration,
): Promise<void | boolean> {
  const run = startedRun('condition()');
  const scope = CancellationScope.current();
  if (scope.consideredCancelled) throw scope.cancellation;
  if (timeout === undefined)
    return predicate() ? undefined : waiting(run, scope, predicate).promise;
  const timeoutMs = msToNumber(timeout);
  return predicate() || race(run, scope, predicate, timeoutMs);
}

async function race(
  run: Run,
  scope: CancellationScope,
  predicate: () => boolean,
  timeoutMs: number,
): Promise<boolean> {
  const timer = startTimer(run, timeoutMs, scope);
  const flip = waiting(run, scope, predicate);
  try {
    return await Promise.race([timer.promise.then(() => false), flip.promise.then(() => true)]);
  } finally {
    cancelTimer(run, timer.timerId);
    flip.cancel();
  }
}

function waiting(run: Run, scope: CancellationScope, predicate: () => boolean) {
  let cancel!: () => void;
  const promise = new Promise<void>((resolve, reject) => {
    const pending: PendingCondition = {
      predicate,
      resolve() {
        leaveScope();
        resolve();
      },
    };
    const leaveScope = scope.onCancel((error) => {
      if (run.conditions.delete(pending)) reject(error);
    });
    cancel = () => {
      leaveScope();
      run.conditions.delete(pending);
    };
    run.conditions.add(pending);
  });
  return { promise, cancel };
}
