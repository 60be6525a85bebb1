/** Waiting for time to pass, durably: nothing is in memory meanwhile but the history. */
import { type Duration, msToNumber } from '@perdure/common';
import { CancellationScope } from './cancellation-scope.ts';
import type { TimerInput, TimerOptions } from './interceptors.ts';
import { commandingRun } from './runtime/current-run.ts';
import { intercepted } from './runtime/interception.ts';
import { startTimer } from './runtime/timer.ts';

/**
 * Resolves after a time, which may be a year; rejects with CancelledFailure when the scope is
 * cancelled. Less than 1 ms counts as 1 ms.
 *
 * @throws ValueError when it is not a duration
 */
export function sleep(duration: Duration, options?: TimerOptions): Promise<void> {
  const run = commandingRun('sleep()');
  const durationMs = msToNumber(duration);
  const timerId = run.nextTimerId();
  const start = (input: TimerInput): Promise<void> => {
    const scope = CancellationScope.current();
    return startTimer(run, input.durationMs, scope, { timerId, ...input.options }).promise;
  };
  const execute = intercepted(run.interceptors?.outbound, 'startTimer', start);
  return execute({ durationMs, seq: Number(timerId), options });
}
