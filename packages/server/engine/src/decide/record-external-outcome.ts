/**
 * A signal or cancel request to another workflow was delivered, or could not be (semantics 35). A
 * closed run only forgets it.
 */
import type { RecordExternalOutcome } from '../command.ts';
import type { Outcome } from '../decision.ts';
import type { Draft } from '../draft.ts';
import { settleExternal } from '../machines/external.ts';
import { isClosed } from '../state/execution-state.ts';
import { accepted, rejected } from './outcomes.ts';

export function decideRecordExternalOutcome(draft: Draft, command: RecordExternalOutcome): Outcome {
  const { initiatedEventId, failedCause } = command;
  const external = draft.state.externals.get(initiatedEventId);
  if (!external || external.outcomeBuffered) {
    return rejected(
      'stale',
      `no message to another workflow initiated by event ${initiatedEventId} is pending; drop it`,
    );
  }
  if (isClosed(draft.state)) draft.settle({ external: initiatedEventId });
  else settleExternal(draft, external, failedCause);
  return accepted;
}
