/**
 * Rebuilding a run from its history, and the projection by which a rebuilt run is compared with a
 * stored one.
 */
import type { HistoryEvent } from '@perdure/protocol';
import { applyEvent } from './apply-event.ts';
import {
  type ActivityState,
  type ChildState,
  type ExecutionState,
  type WorkflowTaskState,
  isClosed,
} from './execution-state.ts';
import { stateFromStarted } from './from-started.ts';

/**
 * The state that a history amounts to. Durable facts are exact; volatile ones have their resting
 * values, so every pending activity is in its first attempt and nothing is buffered.
 *
 * @throws RangeError when the history does not begin with WorkflowExecutionStarted or its ids are
 * not dense
 */
export function fold(events: readonly HistoryEvent[]): ExecutionState {
  const [first] = events;
  if (first?.eventType !== 'WorkflowExecutionStarted' || first.eventId !== 1) {
    throw new RangeError(
      `a history must begin with event 1, WorkflowExecutionStarted; got ${
        first ? `event ${first.eventId}, ${first.eventType}` : 'no events'
      }`,
    );
  }
  const state = stateFromStarted(first);
  for (let i = 1; i < events.length; i++) {
    const event = events[i]!;
    if (event.eventId !== state.nextEventId) {
      throw new RangeError(
        `event ids must be dense; wanted ${state.nextEventId}, got ${event.eventId}`,
      );
    }
    applyEvent(state, event);
  }
  return state;
}

/** The facts of a state that its history determines, in a form that can be compared deeply. */
export function durableFacts(state: ExecutionState): unknown {
  const {
    buffered: _buffered,
    workflowTaskFailures: _failures,
    stickySession: _sticky,
    wakeAt: _wakeAt,
    createRequestId: _requestId,
    historyBytes: _historyBytes,
    taskHeartbeatSince: _heartbeat,
    awaitsParent: _awaitsParent,
    owesParent: _owesParent,
    ...durable
  } = state;
  return {
    ...durable,
    workflowTask: state.workflowTask && durableWorkflowTask(state.workflowTask),
    activities: [...state.activities.values()].map(durableActivity),
    timers: [...state.timers.values()].map(({ firedBuffered: _fired, ...timer }) => timer),
    ...durableOthers(state),
  };
}

/** What a closed run still owes is volatile: it goes away without an event. */
function durableOthers(state: ExecutionState): Record<string, unknown> {
  const { children, externals, updates } = state;
  const accepted = [...updates.values()].filter((each) => each.acceptedEventId > 0);
  return {
    updates: accepted.map(({ request: _request, deliveredIn: _task, ...update }) => update),
    children: isClosed(state) ? [] : [...children.values()].map(durableChild),
    externals: isClosed(state)
      ? []
      : [...externals.values()].map(({ outcomeBuffered: _buffered, ...external }) => external),
  };
}

function durableChild({ outcomeBuffered: _buffered, runId, ...child }: ChildState): unknown {
  return { ...child, runId: child.startedEventId > 0 ? runId : undefined };
}

/** A task without events is, as far as history goes, not there. */
function durableWorkflowTask(task: WorkflowTaskState): unknown {
  if (task.attempt > 1 || task.speculative) return undefined;
  const { scheduledEventId, startedEventId, attempt, scheduledAt } = task;
  return { scheduledEventId, startedEventId, attempt, scheduledAt };
}

function durableActivity(activity: ActivityState): unknown {
  const {
    attempt: _attempt,
    attemptScheduledAt: _attemptScheduledAt,
    dispatched: _dispatched,
    startedAt: _startedAt,
    session: _session,
    identity: _identity,
    lastHeartbeatAt: _lastHeartbeatAt,
    heartbeatDetails: _heartbeatDetails,
    lastFailure: _lastFailure,
    outcomeBuffered: _outcomeBuffered,
    ...durable
  } = activity;
  return durable;
}
