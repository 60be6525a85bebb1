/** What the commands of a task, as far as they are checked, would have done to the run. */
import type { Command } from '@perdure/protocol';
import type { ExecutionState } from '../state/execution-state.ts';

/** See the module comment. Changed by the checks as they go. */
export interface Ledger {
  readonly state: ExecutionState;
  /** Activity ids of the run; false when the outcome is already buffered. */
  readonly activityIds: Map<string, boolean>;
  /** Things begun by this task. */
  readonly begun: { activities: number; children: number; signals: number; cancels: number };
  /** Timers this task started (true) or cancelled (false). */
  readonly timers: Map<string, boolean>;
  /** Buffered TimerFired events that the task's CancelTimer commands take back. */
  takenBack: number;
  /** Updates that this task accepted or answered. */
  readonly updates: Map<string, 'accepted' | 'answered'>;
}

/** The ledger of a task whose commands are still to be checked. */
export function openLedger(state: ExecutionState, commands: readonly Command[]): Ledger {
  return {
    state,
    activityIds: commands.some(namesActivity) ? activityIdsOf(state) : new Map(),
    begun: { activities: 0, children: 0, signals: 0, cancels: 0 },
    timers: new Map(),
    takenBack: 0,
    updates: new Map(),
  };
}

function namesActivity(command: Command): boolean {
  return (
    command.commandType === 'ScheduleActivityTask' ||
    command.commandType === 'RequestCancelActivityTask'
  );
}

function activityIdsOf(state: ExecutionState): Map<string, boolean> {
  const ids = new Map<string, boolean>();
  for (const activity of state.activities.values()) {
    if (!activity.outcomeBuffered || !ids.has(activity.activityId)) {
      ids.set(activity.activityId, !activity.outcomeBuffered);
    }
  }
  return ids;
}
