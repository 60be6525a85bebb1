/**
 * An update: a request that the workflow may refuse (semantics 41-44).
 *
 * ```
 * admitted ──deliver──► with a task ──accept──► accepted ──complete──► completed
 *                                └────reject──► gone, as if it had never been
 * ```
 *
 * Until it is accepted an update has no event. It is kept in the state all the same, so that a
 * crash does not lose it, and goes along with every workflow task until the worker has answered it.
 */
import type { Failure, PayloadBlob, UpdateRequest } from '@perdure/protocol';
import type { Draft } from '../draft.ts';
import { unprocessedUpdateFailure } from '../policy/update-failures.ts';
import type { ExecutionState, UpdateState } from '../state/execution-state.ts';

/** Brings an update before the workflow, with the next task. */
export function admitUpdate(draft: Draft, request: UpdateRequest): void {
  const { updateId } = request;
  draft.setUpdate({ updateId, acceptedEventId: 0, request, deliveredIn: 0 });
}

/** Whether an update waits for a task to take it to the worker. */
export function hasWaitingUpdates(state: ExecutionState): boolean {
  for (const { request, deliveredIn } of state.updates.values()) {
    if (request && deliveredIn === 0) return true;
  }
  return false;
}

/** What the started workflow task takes to the worker, in the order of admission. */
export function updatesOfTask(state: ExecutionState): UpdateRequest[] {
  const startedEventId = state.workflowTask?.startedEventId ?? 0;
  const requests: UpdateRequest[] = [];
  if (startedEventId === 0) return requests;
  for (const { request, deliveredIn } of state.updates.values()) {
    if (request && deliveredIn === startedEventId) requests.push(request);
  }
  return requests;
}

/** The started task takes along whatever is unanswered, also what a failed task took before it. */
export function deliverUpdates(draft: Draft, startedEventId: number): void {
  for (const update of draft.state.updates.values()) {
    if (update.request) draft.setUpdate(update, { deliveredIn: startedEventId });
  }
}

/** The validator let it pass. */
export function acceptUpdate(draft: Draft, update: UpdateState): void {
  const { updateId, request, deliveredIn } = update;
  draft.emit('WorkflowExecutionUpdateAccepted', {
    protocolInstanceId: updateId,
    acceptedRequestSequencingEventId: Math.max(deliveredIn - 1, 0),
    acceptedRequest: request,
  });
  draft.updateNews.push({ kind: 'accepted', updateId });
}

/** The handler returned or failed. */
export function completeUpdate(
  draft: Draft,
  update: UpdateState,
  outcome: { readonly result?: PayloadBlob; readonly failure?: Failure },
): void {
  const { updateId, acceptedEventId } = update;
  const { result, failure } = outcome;
  draft.emit('WorkflowExecutionUpdateCompleted', { updateId, acceptedEventId, result, failure });
  draft.updateNews.push({ kind: 'completed', updateId, result, failure });
}

/** The validator refused it. */
export function rejectUpdate(draft: Draft, update: UpdateState, failure: Failure): void {
  draft.dropUpdate(update);
  draft.updateNews.push({ kind: 'rejected', updateId: update.updateId, failure });
}

/** The worker completed the task without a word about these: it does not know updates. */
export function rejectUnanswered(draft: Draft, startedEventId: number): void {
  for (const update of draft.state.updates.values()) {
    const unanswered = update.request !== undefined && update.deliveredIn === startedEventId;
    if (unanswered) rejectUpdate(draft, update, unprocessedUpdateFailure);
  }
}
