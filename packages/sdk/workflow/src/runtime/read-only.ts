/** Code that may look at a run but not change it: queries and the validators of updates. */
import { IllegalStateError } from '@perdure/common';

/** What such code is told when it asks for more. */
export function mayOnlyLook(who: string, what: string): IllegalStateError {
  return new IllegalStateError(
    `${who} may not change the run, and asked for ${what}; ` +
      'do it in the workflow function, or in the handler of a signal or update',
  );
}
