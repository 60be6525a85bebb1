/**
 * Brings an update before the workflow. It has no event yet: if the workflow refuses it, nothing of
 * it is kept. An update id that the run knows is not asked again (semantics 44).
 */
import type { UpdateWorkflow } from '../command.ts';
import type { Outcome } from '../decision.ts';
import type { Draft } from '../draft.ts';
import { admitUpdate } from '../machines/update.ts';
import { MAX_UPDATES, MAX_UPDATES_IN_FLIGHT } from '../policy/limits.ts';
import { accepted, rejected } from './outcomes.ts';

export function decideUpdateWorkflow(draft: Draft, { request }: UpdateWorkflow): Outcome {
  const { updates, completedUpdates } = draft.state;
  const { updateId, updateName } = request;
  if (!updateId || !updateName) {
    const which = updateId ? 'updateName' : 'updateId';
    return rejected('invalid', `an update needs an ${which}; got an empty one`);
  }
  if (updates.has(updateId) || completedUpdates.has(updateId)) return accepted;
  if (updates.size >= MAX_UPDATES_IN_FLIGHT) {
    return rejected(
      'limitExceeded',
      `a run may have ${MAX_UPDATES_IN_FLIGHT} updates in flight; try again when one has completed`,
    );
  }
  if (updates.size + completedUpdates.size >= MAX_UPDATES) {
    return rejected(
      'limitExceeded',
      `a run takes ${MAX_UPDATES} updates in its life; the workflow must continue as new`,
    );
  }
  admitUpdate(draft, request);
  return accepted;
}
