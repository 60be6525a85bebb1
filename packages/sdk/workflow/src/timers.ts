/** Waiting for time to pass, durably: nothing is in memory meanwhile but the history. */
import { type Duration, msToNumber } from '@perdure/common';
import { CancellationScope } from './cancellation-scope.ts';
import { startedRun } from './runtime/current-run.ts';
import { startTimer } from './runtime/timer.ts';

/**
 * Resolves after a time, which may be a year; rejects with CancelledFailure when the scope is
 * cancelled. Less than 1 ms counts as 1 ms.
 *
 * @throws ValueError when it is not a duration
 */
export function sleep(duration: Duration): Promise<void> {
  const run = startedRun('sleep()');
  return startTimer(run, msToNumber(duration), CancellationScope.current()).promise;
}
