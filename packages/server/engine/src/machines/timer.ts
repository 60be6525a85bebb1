/** A timer: pending from TimerStarted until TimerFired or TimerCanceled. */
import type { Draft } from '../draft.ts';
import type { TimerState } from '../state/execution-state.ts';
import { isBuffering, recordExternal } from './buffer.ts';

/** The timer is due. */
export function fireTimer(draft: Draft, timer: TimerState): void {
  const { timerId, startedEventId } = timer;
  if (isBuffering(draft)) draft.state.timers.set(timerId, { ...timer, firedBuffered: true });
  recordExternal(draft, 'TimerFired', { timerId, startedEventId });
}

/** Cancels a timer; if it fired meanwhile, that is taken back (semantics, rule 5). */
export function cancelTimer(
  draft: Draft,
  timer: TimerState,
  workflowTaskCompletedEventId: number,
  identity: string,
): void {
  const { timerId, startedEventId } = timer;
  if (timer.firedBuffered) {
    const buffered = draft.state.buffered.filter(
      (event) => event.eventType !== 'TimerFired' || event.attributes.timerId !== timerId,
    );
    draft.set({ buffered });
  }
  draft.emit('TimerCanceled', { timerId, startedEventId, workflowTaskCompletedEventId, identity });
}
