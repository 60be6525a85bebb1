/**
 * Which run the sandbox is working for. An activation is synchronous, microtasks included, so one
 * pointer is enough: nobody else's code runs between its start and its end.
 */
import { IllegalStateError } from '@perdure/common';
import { mayOnlyLook } from './read-only.ts';
import type { Run } from './run.ts';

let current: Run | undefined;

/** The run of the current activation, if any. */
export function currentRunOrUndefined(): Run | undefined {
  return current;
}

/** Points at a run, or at none. */
export function setCurrentRun(run: Run | undefined): void {
  current = run;
}

/**
 * The run whose code is calling.
 *
 * @throws IllegalStateError outside a workflow
 */
export function currentRun(api: string): Run {
  if (current) return current;
  throw new IllegalStateError(
    `${api} may only be called by workflow code while a workflow runs; ` +
      'call it inside a workflow function that a worker executes',
  );
}

/**
 * Like {@link currentRun}, for calls that register handlers.
 *
 * @throws IllegalStateError outside a workflow, and while its modules are being loaded
 */
export function startedRun(api: string): Run {
  const run = currentRun(api);
  if (run.started) return run;
  throw new IllegalStateError(
    `${api} cannot be used before the workflow starts; ` +
      'move the call from the top level of the module into the workflow function',
  );
}

/**
 * Like {@link startedRun}, for calls that issue commands or use up numbers.
 *
 * @throws IllegalStateError also in queries and validators, which may only look
 */
export function commandingRun(api: string): Run {
  const run = startedRun(api);
  if (run.readOnly) throw mayOnlyLook(run.readOnly, api);
  return run;
}
