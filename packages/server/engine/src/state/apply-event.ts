/**
 * What each event means for the durable facts of a run. The one place where history becomes state:
 * a transition applies every event it emits through {@link applyEvent}, and `fold` applies a stored
 * history through it, so the two agree by construction.
 *
 * Volatile facts get their resting value here (a new activity is in its first attempt, dispatched
 * and not started); the decisions set what differs.
 */
import { defaultActivityRetryPolicy } from '@perdure/common';
import type { EventOf, HistoryEvent } from '@perdure/protocol';
import { applyClosed } from './apply-closed.ts';
import { applyOtherWorkflowEvent } from './apply-other-workflows.ts';
import { applyUpdateEvent } from './apply-updates.ts';
import type { DraftState } from './clone.ts';

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
      return applySignaled(state, event);
    case 'WorkflowExecutionStarted':
    case 'ActivityTaskStarted':
    case 'MarkerRecorded':
      return;
    case 'UpsertWorkflowSearchAttributes':
      state.upsertedSearchAttributes = {
        ...state.upsertedSearchAttributes,
        ...event.attributes.searchAttributes,
      };
      return;
    case 'WorkflowPropertiesModified':
      if (event.attributes.memo) state.memoEventId = event.eventId;
      return;
    case 'WorkflowExecutionCompleted':
    case 'WorkflowExecutionFailed':
    case 'WorkflowExecutionCanceled':
    case 'WorkflowExecutionTimedOut':
    case 'WorkflowExecutionTerminated':
    case 'WorkflowExecutionContinuedAsNew':
      return applyClosed(state, event);
    case 'WorkflowExecutionUpdateAdmitted':
    case 'WorkflowExecutionUpdateAccepted':
    case 'WorkflowExecutionUpdateCompleted':
      return applyUpdateEvent(state, event);
    default:
      return applyOtherWorkflowEvent(state, event);
  }
}

function applyWorkflowTaskScheduled(
  state: DraftState,
  event: EventOf<'WorkflowTaskScheduled'>,
): void {
  state.firstWorkflowTaskAt = 0;
  state.startHold = 'signal';
  state.workflowTask = {
    scheduledEventId: event.eventId,
    startedEventId: 0,
    attempt: event.attributes.attempt,
    scheduledAt: event.eventTime,
    startedAt: 0,
    session: undefined,
    fence: 0,
    notBefore: 0,
    speculative: false,
  };
}

function applyWorkflowTaskStarted(state: DraftState, event: EventOf<'WorkflowTaskStarted'>): void {
  if (!state.workflowTask) return;
  state.workflowTask = {
    ...state.workflowTask,
    startedEventId: event.eventId,
    startedAt: event.eventTime,
  };
  if (event.attributes.suggestContinueAsNew) state.continueAsNewSuggested = true;
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

/** A signal that came with a delayed start does not end the delay (semantics 59). */
function applySignaled(state: DraftState, event: EventOf<'WorkflowExecutionSignaled'>): void {
  state.signalCount += 1;
  const held = event.attributes.skipGenerateWorkflowTask && state.firstWorkflowTaskAt > 0;
  if (held && state.startHold === 'signal') state.startHold = 'signalWithStart';
}
