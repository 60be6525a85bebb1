/** What the events of updates mean for a run's state. */
import type { EventOf } from '@perdure/protocol';
import type { DraftState } from './clone.ts';

/** An event of an update. */
export type UpdateEvent =
  | EventOf<'WorkflowExecutionUpdateAdmitted'>
  | EventOf<'WorkflowExecutionUpdateAccepted'>
  | EventOf<'WorkflowExecutionUpdateCompleted'>;

/** Folds one such event. */
export function applyUpdateEvent(state: DraftState, event: UpdateEvent): void {
  switch (event.eventType) {
    case 'WorkflowExecutionUpdateAdmitted': {
      const { request } = event.attributes;
      const { updateId } = request;
      state.updates.set(updateId, { updateId, acceptedEventId: 0, request, deliveredIn: 0 });
      return;
    }
    case 'WorkflowExecutionUpdateAccepted': {
      const updateId = event.attributes.protocolInstanceId;
      const acceptedEventId = event.eventId;
      state.updates.set(updateId, {
        updateId,
        acceptedEventId,
        request: undefined,
        deliveredIn: 0,
      });
      return;
    }
    case 'WorkflowExecutionUpdateCompleted':
      state.updates.delete(event.attributes.updateId);
      state.completedUpdates.set(event.attributes.updateId, event.eventId);
      return;
    default:
      return event satisfies never;
  }
}
