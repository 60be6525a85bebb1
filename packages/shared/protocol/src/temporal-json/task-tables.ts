/** Workflow tasks, activities and timers; see history/task-events.ts. */
import type { taskEvents } from '../history/task-events.ts';
import { workflowTaskFailedCauses } from '../history/causes.ts';
import {
  priority,
  retryPolicy,
  retryState,
  taskQueue,
  timeoutType,
  userMetadata,
} from './execution-forms.ts';
import { failure } from './failure-form.ts';
import { duration, enumeration, flag, given, int32, int64, kept, text } from './forms.ts';
import type { JsonObject } from './json.ts';
import { at, onEvent } from './message.ts';
import { header, payloads } from './payload-forms.ts';
import { type EventTables, requestId } from './table.ts';

const DEFAULT_TASK_TIMEOUT_MS = 10_000;

/** Absent, it is Temporal's default of 10 s (semantics 75). */
export const taskTimeout = { ...duration, absent: () => DEFAULT_TASK_TIMEOUT_MS };

const workflowTaskFailedCause = enumeration(
  'WORKFLOW_TASK_FAILED_CAUSE',
  workflowTaskFailedCauses,
  'WORKFLOW_WORKER_UNHANDLED_FAILURE',
);

/** Events about one attempt at something tell what scheduled and what started it. */
const attempt = { scheduledEventId: int64, startedEventId: int64 } as const;

/**
 * Which of the behaviours that Temporal's SDKs tell by number a run of ours has, and has had from the
 * first; without them a replayer takes it for a run of an old SDK. Of the core: ids and types are
 * checked (1), a patch writes search attributes (2), commands that follow the last one are moved before
 * it (3). Of the TypeScript SDK: shielded scopes (1), one batch of jobs a task (2).
 */
function sdkMetadata(): JsonObject {
  return { sdkMetadata: { coreUsedFlags: [1, 2, 3], langUsedFlags: [1, 2], sdkName: 'perdure' } };
}

export const taskTables: EventTables<keyof typeof taskEvents> = {
  WorkflowTaskScheduled: [
    {
      taskQueue,
      startToCloseTimeoutMs: at('startToCloseTimeout', taskTimeout),
      attempt: int32,
    },
  ],
  WorkflowTaskStarted: [
    {
      scheduledEventId: int64,
      identity: kept(text),
      historySizeBytes: kept(int64),
      suggestContinueAsNew: kept(flag),
    },
    { made: requestId },
  ],
  WorkflowTaskCompleted: [{ ...attempt, identity: kept(text) }, { made: sdkMetadata }],
  WorkflowTaskTimedOut: [{ ...attempt, timeoutType }],
  WorkflowTaskFailed: [
    {
      ...attempt,
      cause: workflowTaskFailedCause,
      failure: kept(failure),
      identity: kept(text),
    },
  ],
  ActivityTaskScheduled: [
    {
      activityId: text,
      activityType: at('activityType.name', text),
      taskQueue,
      workflowTaskCompletedEventId: int64,
      input: kept(payloads('activity-input')),
      scheduleToCloseTimeoutMs: at('scheduleToCloseTimeout', given(duration)),
      scheduleToStartTimeoutMs: at('scheduleToStartTimeout', given(duration)),
      startToCloseTimeoutMs: at('startToCloseTimeout', given(duration)),
      heartbeatTimeoutMs: at('heartbeatTimeout', given(duration)),
      retryPolicy: kept(retryPolicy),
      header: kept(header),
      priority: kept(priority),
      userMetadata: onEvent('userMetadata', kept(userMetadata)),
    },
  ],
  ActivityTaskStarted: [
    {
      scheduledEventId: int64,
      attempt: int32,
      identity: kept(text),
      lastFailure: kept(failure),
    },
    { made: requestId },
  ],
  ActivityTaskCompleted: [
    {
      ...attempt,
      result: kept(payloads('activity-result')),
      identity: kept(text),
    },
  ],
  ActivityTaskFailed: [{ ...attempt, failure, retryState, identity: kept(text) }],
  ActivityTaskTimedOut: [{ ...attempt, failure, retryState }],
  ActivityTaskCancelRequested: [
    {
      scheduledEventId: int64,
      workflowTaskCompletedEventId: int64,
    },
  ],
  ActivityTaskCanceled: [
    {
      ...attempt,
      latestCancelRequestedEventId: int64,
      details: kept(payloads('cancel-details')),
      identity: kept(text),
    },
  ],
  TimerStarted: [
    {
      timerId: text,
      startToFireTimeoutMs: at('startToFireTimeout', duration),
      workflowTaskCompletedEventId: int64,
      userMetadata: onEvent('userMetadata', kept(userMetadata)),
    },
  ],
  TimerFired: [{ timerId: text, startedEventId: int64 }],
  TimerCanceled: [
    {
      timerId: text,
      startedEventId: int64,
      workflowTaskCompletedEventId: int64,
      identity: kept(text),
    },
  ],
};
