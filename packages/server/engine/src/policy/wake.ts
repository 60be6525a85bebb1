/**
 * When a run acts by itself, and when the store is told (lazy timers, blueprint §5).
 *
 * The store holds one wake-up time per run. Moving it costs an index write, so it is moved only when
 * it would be too late; a wake-up that finds nothing due arms the next one.
 */
import { type ExecutionState, isClosed } from '../state/execution-state.ts';
import { nextLivenessCheck } from './liveness.ts';
import { owesTransfers } from '../transfers.ts';
import { activityDeadline } from './timeouts.ts';

/** The earliest time at which something is due, which may have passed; 0 when nothing will be. */
export function nextDeadline(state: ExecutionState, now: number): number {
  // Work between workflows is carried out at once; a crash in between is made up for then.
  const reminder = owesTransfers(state) ? nextLivenessCheck(state.lastEventTime, now) : 0;
  if (isClosed(state)) return reminder;
  let next = earlier(state.runDeadline, firstWorkflowTaskDeadline(state));
  next = earlier(next, reminder);
  next = earlier(next, workflowTaskDeadline(state));
  for (const timer of state.timers.values()) {
    if (!timer.firedBuffered) next = earlier(next, timer.fireAt);
  }
  for (const activity of state.activities.values()) {
    if (activity.outcomeBuffered) continue;
    next = earlier(next, activityDeadline(activity)?.at ?? 0);
    if (activity.session !== undefined) {
      next = earlier(next, nextLivenessCheck(activity.startedAt, now));
    }
  }
  const task = state.workflowTask;
  if (task && task.startedAt > 0) next = earlier(next, nextLivenessCheck(task.startedAt, now));
  return next;
}

/** When the first workflow task comes by itself; 0 for a run that does not wait for a time. */
export function firstWorkflowTaskDeadline(state: ExecutionState): number {
  return state.awaitsParent ? 0 : state.firstWorkflowTaskAt;
}

/** The end of a started task's timeout or of a held back one's pause; 0 for neither. */
export function workflowTaskDeadline(state: ExecutionState): number {
  const task = state.workflowTask;
  if (!task) return 0;
  return task.startedAt > 0 ? task.startedAt + state.workflowTaskTimeoutMs : task.notBefore;
}

/**
 * What the run's wake-up time is to be: what is `armed` in the store, unless that is too late, has passed, or the run
 * is parked and would wake for nothing. 0 means none.
 */
export function nextWake(state: ExecutionState, now: number, armed: number = state.wakeAt): number {
  const due = nextDeadline(state, now);
  if (isClosed(state) && due === 0) return 0;
  const passed = armed <= now;
  const tooLate = due !== 0 && due < armed;
  return armed === 0 || passed || tooLate || isParked(state) ? due : armed;
}

/** Whether nobody works on the run or is about to. */
function isParked(state: ExecutionState): boolean {
  return state.workflowTask === undefined && state.activities.size === 0;
}

/** The earlier of two times, 0 meaning never. */
function earlier(a: number, b: number): number {
  return a === 0 || (b !== 0 && b < a) ? b : a;
}
