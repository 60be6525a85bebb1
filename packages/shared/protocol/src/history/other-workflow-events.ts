/** Events about other workflows: children, and those that are signalled or asked to cancel. */
import { failure, retryState } from '../failure.ts';
import { blob } from '../payload.ts';
import { count, flag, name, optional, record, text } from '../record.ts';
import { retryPolicy } from '../retry-policy.ts';
import { searchAttributes } from '../search-attributes.ts';
import {
  parentClosePolicy,
  priority,
  userMetadata,
  workflowExecution,
  workflowIdReusePolicy,
  workflowTarget,
} from '../workflow-execution.ts';
import { externalFailedCause, startChildFailedCause } from './causes.ts';

/** What every event about a started child tells. */
const child = {
  workflowExecution,
  workflowType: name,
  initiatedEventId: count,
  startedEventId: count,
} as const;

export const otherWorkflowEvents = {
  RequestCancelExternalWorkflowExecutionInitiated: [
    22,
    record({
      workflowTaskCompletedEventId: count,
      workflowExecution: workflowTarget,
      childWorkflowOnly: optional(flag),
      reason: optional(text),
    }),
  ],
  RequestCancelExternalWorkflowExecutionFailed: [
    23,
    record({
      cause: externalFailedCause,
      workflowTaskCompletedEventId: count,
      workflowExecution: workflowTarget,
      initiatedEventId: count,
    }),
  ],
  ExternalWorkflowExecutionCancelRequested: [
    24,
    record({ initiatedEventId: count, workflowExecution: workflowTarget }),
  ],
  StartChildWorkflowExecutionInitiated: [
    29,
    record({
      workflowId: name,
      workflowType: name,
      taskQueue: name,
      workflowTaskCompletedEventId: count,
      input: optional(blob),
      header: optional(blob),
      parentClosePolicy,
      workflowIdReusePolicy: optional(workflowIdReusePolicy),
      workflowExecutionTimeoutMs: optional(count),
      workflowRunTimeoutMs: optional(count),
      workflowTaskTimeoutMs: optional(count),
      retryPolicy: optional(retryPolicy),
      cronSchedule: optional(name),
      memo: optional(blob),
      searchAttributes: optional(searchAttributes),
      priority: optional(priority),
      userMetadata: optional(userMetadata),
    }),
  ],
  StartChildWorkflowExecutionFailed: [
    30,
    record({
      workflowId: name,
      workflowType: name,
      cause: startChildFailedCause,
      initiatedEventId: count,
      workflowTaskCompletedEventId: count,
    }),
  ],
  ChildWorkflowExecutionStarted: [
    31,
    record({ initiatedEventId: count, workflowExecution, workflowType: name }),
  ],
  ChildWorkflowExecutionCompleted: [32, record({ ...child, result: optional(blob) })],
  ChildWorkflowExecutionFailed: [33, record({ ...child, failure, retryState })],
  ChildWorkflowExecutionCanceled: [34, record({ ...child, details: optional(blob) })],
  ChildWorkflowExecutionTimedOut: [35, record({ ...child, retryState })],
  ChildWorkflowExecutionTerminated: [36, record({ ...child })],
  SignalExternalWorkflowExecutionInitiated: [
    37,
    record({
      workflowTaskCompletedEventId: count,
      workflowExecution: workflowTarget,
      signalName: name,
      input: optional(blob),
      header: optional(blob),
      childWorkflowOnly: optional(flag),
    }),
  ],
  SignalExternalWorkflowExecutionFailed: [
    38,
    record({
      cause: externalFailedCause,
      workflowTaskCompletedEventId: count,
      workflowExecution: workflowTarget,
      initiatedEventId: count,
    }),
  ],
  ExternalWorkflowExecutionSignaled: [
    39,
    record({ initiatedEventId: count, workflowExecution: workflowTarget }),
  ],
} as const;
