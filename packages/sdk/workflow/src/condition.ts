/** Waiting for the run's own state to change. */
import { type Duration, msToNumber } from '@perdure/common';
import { CancellationScope } from './cancellation-scope.ts';
import type { TimerOptions } from './interceptors.ts';
import { commandingRun } from './runtime/current-run.ts';
import { usePatch } from './runtime/patches.ts';
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
export function condition(
  predicate: () => boolean,
  timeout: Duration,
  options?: TimerOptions,
): Promise<boolean>;
export async function condition(
  predicate: () => boolean,
  timeout?: Duration,
  options?: TimerOptions,
): Promise<void | boolean> {
  const run = commandingRun('condition()');
  const scope = CancellationScope.current();
  if (scope.consideredCancelled) throw scope.cancellation;
  if (timeout === undefined || (timeout === 0 && !usePatch(run, TIMEOUT_0, false)))
    return predicate() ? undefined : waiting(run, scope, predicate).promise;
  const timeoutMs = msToNumber(timeout);
  return predicate() || race(run, scope, predicate, { timeoutMs, ...options });
}

/** Histories tell by it that a timeout of 0 was one, and not the lack of one. */
const TIMEOUT_0 = '__sdk_internal_patch_number:1';

async function race(
  run: Run,
  scope: CancellationScope,
  predicate: () => boolean,
  { timeoutMs, summary }: { timeoutMs: number; summary?: string },
): Promise<boolean> {
  const timer = startTimer(run, timeoutMs, scope, { summary });
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
      stack: run.callStack(),
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
