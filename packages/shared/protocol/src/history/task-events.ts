/** Events of what a run does in steps: workflow tasks, activities and timers. */
import { failure, retryState, timeoutType } from '../failure.ts';
import { blob } from '../payload.ts';
import { count, flag, name, optional, record } from '../record.ts';
import { retryPolicy } from '../retry-policy.ts';
import { priority, userMetadata } from '../workflow-execution.ts';
import { workflowTaskFailedCause } from './causes.ts';

export const taskEvents = {
  WorkflowTaskScheduled: [
    5,
    record({ taskQueue: name, startToCloseTimeoutMs: count, attempt: count }),
  ],
  WorkflowTaskStarted: [
    6,
    record({
      scheduledEventId: count,
      identity: optional(name),
      /** Size of the history up to here; absent: as at the workflow task before. */
      historySizeBytes: optional(count),
      /** Absent: as at the workflow task before. */
      suggestContinueAsNew: optional(flag),
    }),
  ],
  WorkflowTaskCompleted: [
    7,
    record({ scheduledEventId: count, startedEventId: count, identity: optional(name) }),
  ],
  WorkflowTaskTimedOut: [
    8,
    record({ scheduledEventId: count, startedEventId: count, timeoutType }),
  ],
  WorkflowTaskFailed: [
    9,
    record({
      scheduledEventId: count,
      startedEventId: count,
      cause: workflowTaskFailedCause,
      failure: optional(failure),
      identity: optional(name),
    }),
  ],
  ActivityTaskScheduled: [
    10,
    record({
      activityId: name,
      activityType: name,
      taskQueue: name,
      workflowTaskCompletedEventId: count,
      input: optional(blob),
      scheduleToCloseTimeoutMs: optional(count),
      scheduleToStartTimeoutMs: optional(count),
      startToCloseTimeoutMs: optional(count),
      heartbeatTimeoutMs: optional(count),
      retryPolicy: optional(retryPolicy),
      header: optional(blob),
      priority: optional(priority),
      userMetadata: optional(userMetadata),
    }),
  ],
  ActivityTaskStarted: [
    11,
    record({
      scheduledEventId: count,
      attempt: count,
      identity: optional(name),
      lastFailure: optional(failure),
    }),
  ],
  ActivityTaskCompleted: [
    12,
    record({
      scheduledEventId: count,
      startedEventId: count,
      result: optional(blob),
      identity: optional(name),
    }),
  ],
  ActivityTaskFailed: [
    13,
    record({
      scheduledEventId: count,
      startedEventId: count,
      failure,
      retryState,
      identity: optional(name),
    }),
  ],
  ActivityTaskTimedOut: [
    14,
    record({ scheduledEventId: count, startedEventId: count, failure, retryState }),
  ],
  ActivityTaskCancelRequested: [
    15,
    record({ scheduledEventId: count, workflowTaskCompletedEventId: count }),
  ],
  ActivityTaskCanceled: [
    16,
    record({
      scheduledEventId: count,
      startedEventId: count,
      latestCancelRequestedEventId: count,
      details: optional(blob),
      identity: optional(name),
    }),
  ],
  TimerStarted: [
    17,
    record({
      timerId: name,
      startToFireTimeoutMs: count,
      workflowTaskCompletedEventId: count,
      userMetadata: optional(userMetadata),
    }),
  ],
  TimerFired: [18, record({ timerId: name, startedEventId: count })],
  TimerCanceled: [
    19,
    record({
      timerId: name,
      startedEventId: count,
      workflowTaskCompletedEventId: count,
      identity: optional(name),
    }),
  ],
} as const;
