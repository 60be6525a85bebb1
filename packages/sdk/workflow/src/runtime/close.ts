/** How a run ends, or fails to: what becomes of the value or error that workflow code ends with. */
import { TemporalFailure, isCancellation } from '@perdure/common';
import { failureFrom, payloadsOf } from './payloads.ts';
import type { Run } from './run.ts';

/** The workflow function returned. */
export function completeRun(run: Run, result: unknown): void {
  try {
    run.close({ kind: 'completeWorkflow', result: payloadsOf([result]) });
  } catch (error) {
    run.failTask(error);
  }
}

/**
 * The workflow function or a signal handler threw.
 *
 * A cancellation ends a run as cancelled if, and only if, that was asked for (semantics 21); any
 * failure of the family fails the run (46); every other error fails the task only, so that fixed
 * code can go on (47).
 */
export function closeRunByError(run: Run, error: unknown): void {
  if (run.cancelRequested && isCancellation(error)) {
    run.close({ kind: 'cancelWorkflow' });
  } else if (error instanceof TemporalFailure) {
    run.close({ kind: 'failWorkflow', failure: failureFrom(error) });
  } else {
    run.failTask(error);
  }
}
