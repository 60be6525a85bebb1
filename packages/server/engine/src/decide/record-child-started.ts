/** The child that the run asked for runs (semantics 30). */
import type { RecordChildStarted } from '../command.ts';
import type { Outcome } from '../decision.ts';
import type { Draft } from '../draft.ts';
import { childFor, startChild } from '../machines/child.ts';
import { accepted, staleChild } from './outcomes.ts';

export function decideRecordChildStarted(draft: Draft, command: RecordChildStarted): Outcome {
  const child = childFor(draft.state, 'recordStart', command.initiatedEventId);
  if (!child) return staleChild(command);
  startChild(draft, child, command.childRunId);
  return accepted;
}
