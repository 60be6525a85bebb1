/**
 * Brings an update before the workflow. It has no event yet: if the workflow refuses it, nothing of
 * it is kept. An update id that the run knows is not asked again (semantics 44).
 */
import type { UpdateWorkflow } from '../command.ts';
import type { Outcome } from '../decision.ts';
import type { Draft } from '../draft.ts';
import { admitUpdate } from '../machines/update.ts';
import { MAX_UPDATES, MAX_UPDATES_IN_FLIGHT, MAX_WAITING_UPDATE_BYTES } from '../policy/limits.ts';
import type { UpdateState } from '../state/execution-state.ts';
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
  if (waitingBytes(updates) > MAX_WAITING_UPDATE_BYTES) {
    return rejected(
      'limitExceeded',
      `a run takes no further update while those that wait for it have more than ${MAX_WAITING_UPDATE_BYTES} bytes; try again when one has been accepted`,
    );
  }
  admitUpdate(draft, request);
  return accepted;
}

/** Bytes of payloads of what is admitted and not accepted. */
function waitingBytes(updates: ReadonlyMap<string, UpdateState>): number {
  let bytes = 0;
  for (const { request } of updates.values()) {
    bytes += (request?.input?.length ?? 0) + (request?.header?.length ?? 0);
  }
  return bytes;
}
