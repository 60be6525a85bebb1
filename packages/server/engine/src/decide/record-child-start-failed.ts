/** The child that the run asked for cannot be started (semantics 32). */
import type { RecordChildStartFailed } from '../command.ts';
import type { Outcome } from '../decision.ts';
import type { Draft } from '../draft.ts';
import { childFor, failChildStart } from '../machines/child.ts';
import { accepted, staleChild } from './outcomes.ts';

export function decideRecordChildStartFailed(
  draft: Draft,
  command: RecordChildStartFailed,
): Outcome {
  const child = childFor(draft.state, 'recordFailure', command.initiatedEventId);
  if (!child) return staleChild(command);
  failChildStart(draft, child, command.cause);
  return accepted;
}
