/** A child's chain of runs has ended, which is one event for the parent (semantics 30, 31, 34). */
import type { RecordChildClosed } from '../command.ts';
import type { Outcome } from '../decision.ts';
import type { Draft } from '../draft.ts';
import { childFor, closeChild } from '../machines/child.ts';
import { accepted, staleChild } from './outcomes.ts';

export function decideRecordChildClosed(draft: Draft, command: RecordChildClosed): Outcome {
  const { initiatedEventId, childRunId, outcome } = command;
  const child = childFor(draft.state, 'recordClose', initiatedEventId);
  const another = child?.runId !== undefined && child.runId !== childRunId;
  if (!child || another) return staleChild(command);
  closeChild(draft, child, childRunId, outcome);
  return accepted;
}
