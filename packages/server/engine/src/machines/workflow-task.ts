/**
 * The workflow task: at most one is pending per run.
 *
 * ```
 * none ──schedule──► waiting ──start──► started ──complete──► none
 *            ▲          │                  └──fail, time out──► waiting (the next attempt)
 *            └──convert─┘
 * ```
 *
 * Attempt 1 writes an event at each move. Later attempts are *transient*: they leave no events until
 * one of them completes, which then writes Scheduled, Started and Completed at once, with its
 * attempt number (semantics 47). When an event arrives while a transient attempt waits, it is
 * converted into an ordinary attempt 1.
 *
 * A task for updates alone is *speculative*: like a transient attempt it has no events yet, gets
 * them when it completes, fails or an event arrives, and leaves none if all it did was to refuse the
 * updates (semantics 42). An event that arrives while it runs waits like any other.
 *
 * Pacing: the SDK reports every failed attempt, so slowing down is the server's part; see
 * `workflowTaskPaceMs`.
 */
import type {
  EventAttributes,
  Failure,
  HistoryEvent,
  WorkflowTaskFailedCause,
} from '@perdure/protocol';
import type { StartedWorkflowTask } from '../command.ts';
import type { Draft } from '../draft.ts';
import { exceedsBufferLimit, shouldContinueAsNew } from '../policy/limits.ts';
import { workflowTaskPaceMs } from '../policy/retry.ts';
import { type ExecutionState, type WorkflowTaskState, isClosed } from '../state/execution-state.ts';
import { flushBuffered } from './buffer.ts';
import { deliverUpdates, hasWaitingUpdates } from './update.ts';

/** How a workflow task ended other than by completing. */
export type WorkflowTaskEnd =
  | { readonly kind: 'timedOut' }
  | {
      readonly kind: 'failed';
      readonly cause: WorkflowTaskFailedCause;
      readonly failure?: Failure;
      readonly identity?: string;
    };

/** The task that waits for a worker and may be handed out now. */
export function dispatchedWorkflowTask(state: ExecutionState): WorkflowTaskState | undefined {
  const task = state.workflowTask;
  return task && task.startedEventId === 0 && task.notBefore === 0 ? task : undefined;
}

/**
 * The task as it runs, if it is the one that is meant. The fence tells apart two starts that were
 * decided for the same event, the first of which never came to be: its worker may have been pushed
 * other events than the history holds.
 */
export function startedWorkflowTask(
  state: ExecutionState,
  { startedEventId, attempt, fence }: StartedWorkflowTask,
): WorkflowTaskState | undefined {
  const task = state.workflowTask;
  if (!task || startedEventId === 0 || task.startedEventId !== startedEventId) return undefined;
  return task.attempt === attempt && task.fence === fence ? task : undefined;
}

/** Schedules a task for what the workflow has not seen, unless one is coming anyway. */
export function ensureWorkflowTask(draft: Draft): void {
  draft.needsWorkflowTask = false;
  const { state } = draft;
  const task = state.workflowTask;
  if (isClosed(state)) return;
  if (task ? task.startedEventId > 0 || !isUnwritten(task) : awaitsBeginning(state)) return;
  scheduleWorkflowTask(draft);
}

/** Whether the first task is not to come yet, whatever happens to the run. */
function awaitsBeginning({ awaitsParent, firstWorkflowTaskAt }: ExecutionState): boolean {
  return awaitsParent || firstWorkflowTaskAt > 0;
}

/** Schedules a speculative task if updates wait and no task is coming that will take them. */
export function ensureUpdateTask(draft: Draft): void {
  const { state } = draft;
  if (state.updates.size === 0 || state.workflowTask || awaitsBeginning(state)) return;
  if (isClosed(state) || !hasWaitingUpdates(state)) return;
  awaitTask(draft, { attempt: 1, speculative: true, notBefore: 0 });
}

/** Writes WorkflowTaskScheduled, attempt 1, in place of any transient attempt. */
export function scheduleWorkflowTask(draft: Draft, at = draft.now): void {
  const { taskQueue, workflowTaskTimeoutMs } = draft.state;
  draft.needsWorkflowTask = false;
  draft.emit(
    'WorkflowTaskScheduled',
    { taskQueue, startToCloseTimeoutMs: workflowTaskTimeoutMs, attempt: 1 },
    at,
  );
  draft.offer({ kind: 'workflowTask' });
}

/** Hands the waiting task to a session. */
export function startWorkflowTask(
  draft: Draft,
  task: WorkflowTaskState,
  by: { readonly session: string; readonly identity: string; readonly fence: number },
  at = draft.now,
): void {
  const { identity, ...held } = by;
  if (isUnwritten(task)) {
    const startedEventId = task.scheduledEventId + 1;
    draft.set({ workflowTask: { ...task, startedEventId, startedAt: at, ...held } });
  } else {
    draft.emit('WorkflowTaskStarted', startedAttributes(draft.state, task, identity), at);
    draft.set({ workflowTask: { ...draft.state.workflowTask!, ...held } });
  }
  if (draft.state.updates.size > 0) deliverUpdates(draft, draft.state.workflowTask!.startedEventId);
}

/**
 * Starts a task that a worker has already run by itself (a fused step). It did not know the size of
 * the history, so nothing is said about it, which means that it is as it was.
 */
export function startVenturedTask(
  draft: Draft,
  by: { readonly session: string; readonly identity: string },
  at: number,
): WorkflowTaskState {
  const { scheduledEventId } = draft.state.workflowTask!;
  draft.emit('WorkflowTaskStarted', { scheduledEventId, identity: by.identity }, at);
  // It will never be pushed: nothing to be fenced off.
  const workflowTask = { ...draft.state.workflowTask!, session: by.session, fence: 0 };
  draft.set({ workflowTask });
  return workflowTask;
}

/** Writes WorkflowTaskCompleted, after the events that a transient attempt still owes. */
export function completeWorkflowTask(
  draft: Draft,
  task: WorkflowTaskState,
  session: string,
  identity: string,
): number {
  writeOwed(draft, task, identity);
  const { scheduledEventId, startedEventId } = task;
  const eventId = draft.emit('WorkflowTaskCompleted', {
    scheduledEventId,
    startedEventId,
    identity,
  });
  draft.set({ stickySession: session, workflowTaskFailures: 0 });
  return eventId;
}

/**
 * Ends the started attempt without a result and lets the next one follow: transient, or ordinary if
 * there were buffered events.
 */
export function failWorkflowTask(
  draft: Draft,
  task: WorkflowTaskState,
  end: WorkflowTaskEnd,
): void {
  if (task.speculative) writeOwed(draft, task, end.kind === 'failed' ? end.identity : undefined);
  if (task.attempt === 1) writeEnd(draft, task, end);
  draft.set({
    workflowTask: undefined,
    workflowTaskFailures: draft.state.workflowTaskFailures + 1,
    stickySession: undefined,
  });
  if (!flushBuffered(draft)) awaitTransient(draft, task.attempt + 1);
}

/** Ends a speculative task that came to nothing, without a trace. */
export function dropSpeculativeTask(draft: Draft, session: string): void {
  draft.set({ workflowTask: undefined, workflowTaskFailures: 0, stickySession: session });
}

/**
 * Refuses a close command because events came in between: always recorded and retried at once,
 * whatever the attempt (semantics, rule 5).
 */
export function failUnhandledCommand(
  draft: Draft,
  task: WorkflowTaskState,
  identity: string,
): void {
  writeOwed(draft, task, identity);
  writeEnd(draft, task, { kind: 'failed', cause: 'UNHANDLED_COMMAND', identity });
  draft.set({ stickySession: undefined });
  flushBuffered(draft);
}

/** Ends the attempt, if one is started, because the run is closed from outside (semantics 56). */
export function abandonWorkflowTask(draft: Draft): void {
  const task = draft.state.workflowTask;
  if (task && task.startedEventId > 0 && !isUnwritten(task)) {
    writeEnd(draft, task, { kind: 'failed', cause: 'FORCE_CLOSE_COMMAND' });
  }
  draft.set({ workflowTask: undefined });
  flushBuffered(draft);
  draft.needsWorkflowTask = false;
}

/**
 * Fails the started attempt when more waits for its end than a run may keep: the next attempt gets
 * to see it (semantics 75).
 *
 * @param known how many events waited before the present command
 */
export function makeRoomInBuffer(draft: Draft, known: number): void {
  const task = draft.state.workflowTask;
  if (!task || draft.state.buffered.length <= known) return;
  if (!exceedsBufferLimit(draft.state, known)) return;
  failWorkflowTask(draft, task, { kind: 'failed', cause: 'FORCE_CLOSE_COMMAND' });
}

/** A held back attempt becomes dispatchable. */
export function releaseWorkflowTask(draft: Draft, task: WorkflowTaskState): void {
  draft.set({ workflowTask: { ...task, scheduledAt: draft.now, notBefore: 0 } });
  draft.offer({ kind: 'workflowTask' });
}

/**
 * The WorkflowTaskScheduled and WorkflowTaskStarted of a started transient or speculative attempt,
 * exactly as they will be written if it completes; empty for an ordinary task, whose events are in
 * the history. A worker must be given them at the end of the history.
 */
export function transientEvents(
  state: ExecutionState,
  identity: string | undefined,
): HistoryEvent[] {
  const task = state.workflowTask;
  if (!task || !isUnwritten(task) || task.startedEventId === 0) return [];
  const { scheduledEventId, attempt } = task;
  const scheduledAt = Math.max(task.scheduledAt, state.lastEventTime);
  return [
    {
      eventId: scheduledEventId,
      eventTime: scheduledAt,
      eventType: 'WorkflowTaskScheduled',
      attributes: {
        taskQueue: state.taskQueue,
        startToCloseTimeoutMs: state.workflowTaskTimeoutMs,
        attempt,
      },
    },
    {
      eventId: task.startedEventId,
      eventTime: Math.max(task.startedAt, scheduledAt),
      eventType: 'WorkflowTaskStarted',
      attributes: startedAttributes(state, task, identity),
    },
  ];
}

/** Whether the task has no events yet. */
function isUnwritten(task: WorkflowTaskState): boolean {
  return task.attempt > 1 || task.speculative;
}

/** What a WorkflowTaskStarted says; what is as it was is left out. */
function startedAttributes(
  state: ExecutionState,
  { scheduledEventId }: WorkflowTaskState,
  identity: string | undefined,
): EventAttributes<'WorkflowTaskStarted'> {
  const suggest = !state.continueAsNewSuggested && shouldContinueAsNew(state);
  return {
    scheduledEventId,
    identity,
    historySizeBytes: state.historyBytes || undefined,
    suggestContinueAsNew: suggest || undefined,
  };
}

/** Writes the events that the task has not had so far. */
function writeOwed(draft: Draft, task: WorkflowTaskState, identity: string | undefined): void {
  const owed = isUnwritten(task) ? transientEvents(draft.state, identity) : [];
  for (const event of owed) draft.emit(event.eventType, event.attributes as never, event.eventTime);
}

function writeEnd(draft: Draft, task: WorkflowTaskState, end: WorkflowTaskEnd): void {
  const { scheduledEventId, startedEventId } = task;
  if (end.kind === 'timedOut') {
    const timeoutType = 'START_TO_CLOSE';
    draft.emit('WorkflowTaskTimedOut', { scheduledEventId, startedEventId, timeoutType });
    return;
  }
  const { cause, failure, identity } = end;
  draft.emit('WorkflowTaskFailed', { scheduledEventId, startedEventId, cause, failure, identity });
}

function awaitTransient(draft: Draft, attempt: number): void {
  const pace = workflowTaskPaceMs(attempt);
  const notBefore = pace > 0 ? draft.now + pace : 0;
  awaitTask(draft, { attempt, speculative: false, notBefore });
}

/** A task that waits without an event of its own. */
function awaitTask(
  draft: Draft,
  task: Pick<WorkflowTaskState, 'attempt' | 'speculative' | 'notBefore'>,
): void {
  draft.set({
    workflowTask: {
      scheduledEventId: draft.state.nextEventId,
      startedEventId: 0,
      scheduledAt: draft.now,
      startedAt: 0,
      session: undefined,
      fence: 0,
      ...task,
    },
  });
  if (task.notBefore === 0) draft.offer({ kind: 'workflowTask' });
}
