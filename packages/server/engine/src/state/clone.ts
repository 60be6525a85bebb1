/**
 * The working copy of a state inside one transition. The run and its collections are copied; the
 * entries are shared with the original, because they are only ever replaced, never changed.
 */
import type {
  ActivityState,
  BufferedEvent,
  ChildState,
  ExecutionState,
  ExternalState,
  TimerState,
  UpdateState,
} from './execution-state.ts';

interface Collections {
  readonly activities: Map<number, ActivityState>;
  readonly timers: Map<string, TimerState>;
  readonly children: Map<number, ChildState>;
  readonly externals: Map<number, ExternalState>;
  readonly updates: Map<string, UpdateState>;
  readonly completedUpdates: Map<string, number>;
  buffered: BufferedEvent[];
}

/** An {@link ExecutionState} that a transition may still change. */
export type DraftState = {
  -readonly [K in Exclude<keyof ExecutionState, keyof Collections>]: ExecutionState[K];
} & Collections;

/** A copy that can be changed without touching `state`. */
export function cloneState(state: ExecutionState): DraftState {
  return {
    ...state,
    activities: copyOf(state.activities),
    timers: copyOf(state.timers),
    children: copyOf(state.children),
    externals: copyOf(state.externals),
    updates: copyOf(state.updates),
    completedUpdates: copyOf(state.completedUpdates),
    buffered: state.buffered.slice(),
  };
}

/** Most are empty, and to iterate over nothing takes its time. */
function copyOf<K, V>(entries: ReadonlyMap<K, V>): Map<K, V> {
  return entries.size === 0 ? new Map<K, V>() : new Map(entries);
}
