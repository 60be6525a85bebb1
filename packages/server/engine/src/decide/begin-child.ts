/**
 * A child's first workflow task may come, since its parent has recorded its start: no child runs of
 * which its parent does not know (semantics 33). A back-off goes on.
 */
import type { BeginChild } from '../command.ts';
import type { Outcome } from '../decision.ts';
import type { Draft } from '../draft.ts';
import { accepted, rejected } from './outcomes.ts';

export function decideBeginChild(draft: Draft, _command: BeginChild): Outcome {
  const { state } = draft;
  if (!state.awaitsParent) {
    return rejected('stale', `run ${state.runId} does not wait for its parent; drop it`);
  }
  draft.set({ awaitsParent: false });
  draft.needsWorkflowTask = true;
  return accepted;
}
