/**
 * What each event means for the durable facts of a run. The one place where history becomes state:
 * a transition applies every event it emits through {@link applyEvent}, and `fold` applies a stored
 * history through it, so the two agree by construction.
 *
 * Volatile facts get their resting value here (a new activity is in its first attempt, dispatched
 * and not started); the decisions set what differs.
 */
import { type WorkflowExecutionStatus, defaultActivityRetryPolicy } from '@perdure/common';
import type { EventOf, HistoryEvent } from '@perdure/protocol';
import type { DraftState } from './clone.ts';

/** The state of a run that has only begun. */
export function stateFromStarted(event: EventOf<'WorkflowExecutionStarted'>): DraftState {
  const started = event.attributes;
  const delay = started.firstWorkflowTaskBackoffMs ?? 0;
  return {
    workflowId: started.workflowId,
    runId: started.originalExecutionRunId ?? started.firstExecutionRunId,
    workflowType: started.workflowType,
    taskQueue: started.taskQueue,
    firstExecutionRunId: started.firstExecutionRunId,
    status: 'RUNNING',
    startTime: event.eventTime,
    closeTime: 0,
    workflowTaskTimeoutMs: started.workflowTaskTimeoutMs,
    runDeadline: runDeadlineOf(event, delay),
    firstWorkflowTaskAt: delay > 0 ? event.eventTime + delay : 0,
    nextEventId: event.eventId + 1,
    lastEventTime: event.eventTime,
    lastCompletedStartedEventId: 0,
    cancelRequested: false,
    signalCount: 0,
    workflowTask: undefined,
    activities: new Map(),
    timers: new Map(),
    buffered: [],
    workflowTaskFailures: 0,
    stickySession: undefined,
    wakeAt: 0,
    createRequestId: '',
  };
}

/** The run timeout counts from the end of a start delay, the execution timeout from the start. */
function runDeadlineOf(event: EventOf<'WorkflowExecutionStarted'>, delay: number): number {
  const run = event.attributes.workflowRunTimeoutMs ?? 0;
  const execution = event.attributes.workflowExecutionTimeoutMs ?? 0;
  const limits = [];
  if (run > 0) limits.push(run + delay);
  if (execution > 0) limits.push(execution);
  return limits.length === 0 ? 0 : event.eventTime + Math.min(...limits);
}

/** Folds one event, whose id must be the next one, into the state. */
export function applyEvent(state: DraftState, event: HistoryEvent): void {
  state.nextEventId = event.eventId + 1;
  state.lastEventTime = event.eventTime;
  switch (event.eventType) {
    case 'WorkflowTaskScheduled':
      return applyWorkflowTaskScheduled(state, event);
    case 'WorkflowTaskStarted':
      return applyWorkflowTaskStarted(state, event);
    case 'WorkflowTaskCompleted':
      state.lastCompletedStartedEventId = event.attributes.startedEventId;
      state.workflowTask = undefined;
      return;
    case 'WorkflowTaskTimedOut':
    case 'WorkflowTaskFailed':
      state.workflowTask = undefined;
      return;
    case 'ActivityTaskScheduled':
      return applyActivityTaskScheduled(state, event);
    case 'ActivityTaskCancelRequested':
      return applyActivityTaskCancelRequested(state, event);
    case 'ActivityTaskCompleted':
    case 'ActivityTaskFailed':
    case 'ActivityTaskTimedOut':
    case 'ActivityTaskCanceled':
      state.activities.delete(event.attributes.scheduledEventId);
      return;
    case 'TimerStarted':
      return applyTimerStarted(state, event);
    case 'TimerFired':
    case 'TimerCanceled':
      state.timers.delete(event.attributes.timerId);
      return;
    case 'WorkflowExecutionCancelRequested':
      state.cancelRequested = true;
      return;
    case 'WorkflowExecutionSignaled':
      state.signalCount += 1;
      return;
    case 'WorkflowExecutionCompleted':
      return applyClosed(state, event, 'COMPLETED');
    case 'WorkflowExecutionFailed':
      return applyClosed(state, event, 'FAILED');
    case 'WorkflowExecutionCanceled':
      return applyClosed(state, event, 'CANCELLED');
    case 'WorkflowExecutionTimedOut':
      return applyClosed(state, event, 'TIMED_OUT');
    case 'WorkflowExecutionTerminated':
      return applyClosed(state, event, 'TERMINATED');
    case 'WorkflowExecutionStarted':
    case 'ActivityTaskStarted':
      return;
    default:
      return applyLaterEvent(event);
  }
}

/** Types that nothing here writes yet. */
function applyLaterEvent(_event: HistoryEvent): void {}

function applyWorkflowTaskScheduled(
  state: DraftState,
  event: EventOf<'WorkflowTaskScheduled'>,
): void {
  state.firstWorkflowTaskAt = 0;
  state.workflowTask = {
    scheduledEventId: event.eventId,
    startedEventId: 0,
    attempt: event.attributes.attempt,
    scheduledAt: event.eventTime,
    startedAt: 0,
    session: undefined,
    fence: 0,
    notBefore: 0,
  };
}

function applyWorkflowTaskStarted(state: DraftState, event: EventOf<'WorkflowTaskStarted'>): void {
  if (!state.workflowTask) return;
  state.workflowTask = {
    ...state.workflowTask,
    startedEventId: event.eventId,
    startedAt: event.eventTime,
  };
}

function applyActivityTaskScheduled(
  state: DraftState,
  event: EventOf<'ActivityTaskScheduled'>,
): void {
  const scheduled = event.attributes;
  state.activities.set(event.eventId, {
    scheduledEventId: event.eventId,
    activityId: scheduled.activityId,
    activityType: scheduled.activityType,
    taskQueue: scheduled.taskQueue,
    scheduledAt: event.eventTime,
    scheduleToCloseTimeoutMs: scheduled.scheduleToCloseTimeoutMs ?? 0,
    scheduleToStartTimeoutMs: scheduled.scheduleToStartTimeoutMs ?? 0,
    startToCloseTimeoutMs: scheduled.startToCloseTimeoutMs ?? 0,
    heartbeatTimeoutMs: scheduled.heartbeatTimeoutMs ?? 0,
    retryPolicy: scheduled.retryPolicy ?? defaultActivityRetryPolicy,
    cancelRequestedEventId: 0,
    attempt: 1,
    attemptScheduledAt: event.eventTime,
    dispatched: true,
    startedAt: 0,
    session: undefined,
    identity: undefined,
    lastHeartbeatAt: 0,
    heartbeatDetails: undefined,
    lastFailure: undefined,
    outcomeBuffered: false,
  });
}

function applyActivityTaskCancelRequested(
  state: DraftState,
  event: EventOf<'ActivityTaskCancelRequested'>,
): void {
  const activity = state.activities.get(event.attributes.scheduledEventId);
  if (!activity) return;
  state.activities.set(activity.scheduledEventId, {
    ...activity,
    cancelRequestedEventId: event.eventId,
  });
}

function applyTimerStarted(state: DraftState, event: EventOf<'TimerStarted'>): void {
  const { timerId, startToFireTimeoutMs } = event.attributes;
  state.timers.set(timerId, {
    timerId,
    startedEventId: event.eventId,
    fireAt: event.eventTime + startToFireTimeoutMs,
    firedBuffered: false,
  });
}

function applyClosed(
  state: DraftState,
  event: HistoryEvent,
  status: WorkflowExecutionStatus,
): void {
  state.status = status;
  state.closeTime = event.eventTime;
  state.firstWorkflowTaskAt = 0;
  state.workflowTask = undefined;
  state.activities.clear();
  state.timers.clear();
}
