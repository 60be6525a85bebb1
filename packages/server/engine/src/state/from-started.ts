/** The state of a run that has only begun, from its WorkflowExecutionStarted. */
import type { EventAttributes, EventOf } from '@perdure/protocol';
import type { DraftState } from './clone.ts';
import type { ParentLink, Succession } from './execution-state.ts';

type Started = EventAttributes<'WorkflowExecutionStarted'>;

/** See the module comment. Volatile facts have their resting values. */
export function stateFromStarted(event: EventOf<'WorkflowExecutionStarted'>): DraftState {
  const started = event.attributes;
  const delay = started.firstWorkflowTaskBackoffMs ?? 0;
  const backsOff = started.initiator !== undefined || started.cronSchedule !== undefined;
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
    startHold: delay > 0 && backsOff ? 'nothing' : 'signal',
    nextEventId: event.eventId + 1,
    lastEventTime: event.eventTime,
    lastCompletedStartedEventId: 0,
    cancelRequested: false,
    signalCount: 0,
    workflowTask: undefined,
    activities: new Map(),
    timers: new Map(),
    parent: parentOf(started),
    root: started.rootWorkflowExecution,
    succession: successionOf(event),
    children: new Map(),
    externals: new Map(),
    updates: new Map(),
    completedUpdates: new Map(),
    memoEventId: 0,
    upsertedSearchAttributes: undefined,
    priority: started.priority,
    continueAsNewSuggested: false,
    buffered: [],
    workflowTaskFailures: 0,
    stickySession: undefined,
    wakeAt: 0,
    createRequestId: '',
    historyBytes: 0,
    taskHeartbeatSince: 0,
    awaitsParent: false,
    owesParent: false,
  };
}

/** The run timeout counts from the end of a start delay, the execution timeout from the start. */
function runDeadlineOf(event: EventOf<'WorkflowExecutionStarted'>, delay: number): number {
  const run = event.attributes.workflowRunTimeoutMs ?? 0;
  const limits = [];
  if (run > 0) limits.push(event.eventTime + run + delay);
  const execution = executionDeadlineOf(event);
  if (execution > 0) limits.push(execution);
  return limits.length === 0 ? 0 : Math.min(...limits);
}

/** Runs that follow another end where the execution timeout of the first one does. */
function executionDeadlineOf(event: EventOf<'WorkflowExecutionStarted'>): number {
  const { workflowExecutionTimeoutMs, workflowExecutionExpirationTime } = event.attributes;
  if (workflowExecutionExpirationTime) return workflowExecutionExpirationTime;
  return workflowExecutionTimeoutMs ? event.eventTime + workflowExecutionTimeoutMs : 0;
}

function parentOf(started: Started): ParentLink | undefined {
  const { parentWorkflowExecution, parentInitiatedEventId } = started;
  if (!parentWorkflowExecution) return undefined;
  return { ...parentWorkflowExecution, initiatedEventId: parentInitiatedEventId ?? 0 };
}

function successionOf(event: EventOf<'WorkflowExecutionStarted'>): Succession | undefined {
  const { attempt, retryPolicy, cronSchedule } = event.attributes;
  if (!retryPolicy && !cronSchedule) return undefined;
  return { attempt, retryPolicy, cronSchedule, executionDeadline: executionDeadlineOf(event) };
}
