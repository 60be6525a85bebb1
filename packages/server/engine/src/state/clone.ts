/**
 * The working copy of a state inside one transition. The run and its collections are copied; the
 * entries are shared with the original, because they are only ever replaced, never changed.
 */
import type {
  ActivityState,
  BufferedEvent,
  ExecutionState,
  TimerState,
} from './execution-state.ts';

type Collections = 'activities' | 'timers' | 'buffered';

/** An {@link ExecutionState} that a transition may still change. */
export type DraftState = {
  -readonly [K in Exclude<keyof ExecutionState, Collections>]: ExecutionState[K];
} & {
  readonly activities: Map<number, ActivityState>;
  readonly timers: Map<string, TimerState>;
  buffered: BufferedEvent[];
};

/** A copy that can be changed without touching `state`. */
export function cloneState(state: ExecutionState): DraftState {
  return {
    ...state,
    activities: new Map(state.activities),
    timers: new Map(state.timers),
    buffered: state.buffered.slice(),
  };
}
