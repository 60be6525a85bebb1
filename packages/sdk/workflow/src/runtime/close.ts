/** How a run ends, or fails to: what becomes of the value or error that workflow code ends with. */
import { HandlerUnfinishedPolicy, TemporalFailure, isCancellation } from '@perdure/common';
import { ContinueAsNew } from '../continue-as-new.ts';
import { isListed } from './failure-types.ts';
import { writeLog } from './log-entry.ts';
import { failureFrom, payloadsOf } from './payloads.ts';
import type { HandlerExecution, Run } from './run.ts';

/** The workflow function returned. */
export function completeRun(run: Run, result: unknown): void {
  try {
    run.close({ kind: 'completeWorkflow', result: payloadsOf(run, [result]) });
  } catch (error) {
    run.failTask(error);
  }
}

/**
 * The workflow function or a signal handler threw.
 *
 * A cancellation ends a run as cancelled if, and only if, that was asked for (semantics 21); any
 * failure of the family fails the run (46), and so does what the workflow or its worker list (48);
 * every other error fails the task only, so that fixed code can go on (47).
 */
export function closeRunByError(run: Run, error: unknown): void {
  if (run.cancelRequested && isCancellation(error)) {
    run.close({ kind: 'cancelWorkflow' });
  } else if (error instanceof ContinueAsNew) {
    run.close(error.command);
  } else if (failsRun(run, error)) {
    // Nobody is surprised that a failed run has left things undone.
    run.handlersInProgress.clear();
    run.close({ kind: 'failWorkflow', failure: failureFrom(run, error) });
  } else {
    run.failTask(error);
  }
}

function failsRun({ failureTypes }: Run, error: unknown): boolean {
  if (error instanceof TemporalFailure) return true;
  return failureTypes !== undefined && isListed(failureTypes, error);
}

/** Warns of handlers that a run which is about to close cuts off. */
export function warnOfUnfinishedHandlers(run: Run): void {
  const cutOff = [...run.handlersInProgress].filter(
    ({ unfinishedPolicy }) => unfinishedPolicy === HandlerUnfinishedPolicy.WARN_AND_ABANDON,
  );
  const updates = cutOff.filter((execution) => execution.of === 'update');
  const signals = cutOff.filter((execution) => execution.of === 'signal');
  if (updates.length > 0) {
    writeLog(run, 'WARN', `${unfinished('update', 'TMPRL1102')} ${UPDATE_CALLERS}`, {
      handlers: updates.map(({ name, id }) => ({ name, id })),
    });
  }
  if (signals.length > 0) {
    writeLog(run, 'WARN', unfinished('signal', 'TMPRL1102'), { handlers: countByName(signals) });
  }
}

const UPDATE_CALLERS = 'Whoever sent the update will not get its result.';

function unfinished(what: string, code: string): string {
  return (
    `[${code}] Workflow finished while a handler of a ${what} was still running, which may have ` +
    'left its work undone. Wait for all handlers before the workflow ends with ' +
    '`await condition(allHandlersFinished)`, or, if it is meant so, set the handler with ' +
    "`unfinishedPolicy: 'ABANDON'`."
  );
}

function countByName(executions: readonly HandlerExecution[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { name } of executions) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}
