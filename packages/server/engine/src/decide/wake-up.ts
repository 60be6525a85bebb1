/**
 * Fires whatever is due, in the order in which it fell due; of timers due together, the one started
 * first. Finding nothing is normal: timers are lazy (blueprint §5).
 */
import type { Outcome } from '../decision.ts';
import type { Draft } from '../draft.ts';
import { dispatchActivity, timeOutActivity } from '../machines/activity.ts';
import { flushBuffered } from '../machines/buffer.ts';
import { fireTimer } from '../machines/timer.ts';
import {
  failWorkflowTask,
  releaseWorkflowTask,
  scheduleWorkflowTask,
} from '../machines/workflow-task.ts';
import { decideSuccession } from '../policy/succession.ts';
import { activityDeadline } from '../policy/timeouts.ts';
import { firstWorkflowTaskDeadline, workflowTaskDeadline } from '../policy/wake.ts';
import { isClosed } from '../state/execution-state.ts';
import { accepted } from './outcomes.ts';

/** One firing may make another due at once, e.g. a deadline that passed during a back-off. */
const MAX_PASSES = 4;

export function decideWakeUp(draft: Draft): Outcome {
  draft.wokenUp = true;
  for (let pass = 0; pass < MAX_PASSES; pass++) {
    const due = collectDue(draft);
    if (due.length === 0) break;
    for (const each of due) if (!isClosed(draft.state)) fire(draft, each);
  }
  return accepted;
}

/** Something due; `order` breaks ties of `at`, and `key` those of `order`. */
type Due = { readonly at: number; readonly order: number; readonly key: number } & (
  | { readonly kind: 'timer'; readonly timerId: string }
  | { readonly kind: 'activity' | 'workflowTask' | 'firstWorkflowTask' | 'run' }
);

const order = { timer: 0, activity: 1, firstWorkflowTask: 2, workflowTask: 3, run: 4 } as const;

function collectDue(draft: Draft): Due[] {
  const { state, now } = draft;
  const due: Due[] = [];
  if (isClosed(state)) return due;
  const isDue = (at: number): boolean => at > 0 && at <= now;
  for (const { timerId, fireAt, startedEventId, firedBuffered } of state.timers.values()) {
    if (firedBuffered || !isDue(fireAt)) continue;
    due.push({ kind: 'timer', at: fireAt, order: order.timer, key: startedEventId, timerId });
  }
  for (const activity of state.activities.values()) {
    const at = activityDeadline(activity)?.at ?? 0;
    if (isDue(at)) {
      due.push({ kind: 'activity', at, order: order.activity, key: activity.scheduledEventId });
    }
  }
  const others = {
    firstWorkflowTask: firstWorkflowTaskDeadline(state),
    workflowTask: workflowTaskDeadline(state),
    run: state.runDeadline,
  };
  for (const [kind, at] of Object.entries(others) as [keyof typeof others, number][]) {
    if (isDue(at)) due.push({ kind, at, order: order[kind], key: 0 });
  }
  return due.sort((a, b) => a.at - b.at || a.order - b.order || a.key - b.key);
}

/** Fires one, if what fired before has not settled it. */
function fire(draft: Draft, due: Due): void {
  switch (due.kind) {
    case 'timer':
      return fireTimer(draft, draft.state.timers.get(due.timerId)!);
    case 'activity':
      return fireActivity(draft, due.key);
    case 'firstWorkflowTask':
      if (draft.state.firstWorkflowTaskAt > 0) scheduleWorkflowTask(draft);
      return;
    case 'workflowTask':
      return fireWorkflowTask(draft);
    case 'run':
      return timeOutRun(draft);
    default:
      return due satisfies never;
  }
}

function fireActivity(draft: Draft, scheduledEventId: number): void {
  const activity = draft.state.activities.get(scheduledEventId);
  const deadline = activity && activityDeadline(activity);
  if (!activity || !deadline || deadline.at > draft.now) return;
  if (deadline.kind === 'BACK_OFF') dispatchActivity(draft, activity);
  else timeOutActivity(draft, activity, deadline.kind);
}

function fireWorkflowTask(draft: Draft): void {
  const task = draft.state.workflowTask;
  if (!task || workflowTaskDeadline(draft.state) > draft.now) return;
  if (task.startedEventId > 0) failWorkflowTask(draft, task, { kind: 'timedOut' });
  else if (task.notBefore > 0) releaseWorkflowTask(draft, task);
}

/** A pending workflow task stays dangling (semantics 52); what was buffered is kept. */
function timeOutRun(draft: Draft): void {
  const { successor, retryState } = decideSuccession(draft.state, { kind: 'timedOut' }, draft.now);
  const newExecutionRunId = successor && draft.newRunId();
  draft.set({ workflowTask: undefined });
  flushBuffered(draft);
  draft.needsWorkflowTask = false;
  draft.emit('WorkflowExecutionTimedOut', { retryState, newExecutionRunId });
  draft.followWith(successor);
}
