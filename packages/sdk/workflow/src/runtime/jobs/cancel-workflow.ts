/** Job `cancelWorkflow`: somebody asked the run to stop (semantics 21). */
import type { Run } from '../run.ts';

/** Cancels the root scope; what that means is up to the workflow's code. */
export function cancelWorkflow(run: Run): void {
  run.cancelRequested = true;
  run.rootScope.cancel();
}
