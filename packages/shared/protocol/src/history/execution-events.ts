/** Events of the run itself: how it began, what reached it, what it said of itself, how it ended. */
import { failure, retryState } from '../failure.ts';
import { blob } from '../payload.ts';
import { count, flag, map, name, optional, record, text, uuid, word } from '../record.ts';
import { retryPolicy } from '../retry-policy.ts';
import { searchAttributes } from '../search-attributes.ts';
import { updateRequest } from '../updates.ts';
import {
  continueAsNewInitiator,
  priority,
  userMetadata,
  workflowExecution,
} from '../workflow-execution.ts';

export const executionEvents = {
  WorkflowExecutionStarted: [
    1,
    record({
      workflowType: name,
      taskQueue: name,
      input: optional(blob),
      workflowExecutionTimeoutMs: optional(count),
      workflowRunTimeoutMs: optional(count),
      workflowTaskTimeoutMs: count,
      identity: optional(name),
      /** The first run of the chain that this one belongs to. */
      firstExecutionRunId: uuid,
      /** This run, unless it was made by a reset; absent when it is the first of its chain. */
      originalExecutionRunId: optional(uuid),
      attempt: count,
      workflowId: name,
      memo: optional(blob),
      header: optional(blob),
      retryPolicy: optional(retryPolicy),
      firstWorkflowTaskBackoffMs: optional(count),
      /** The run before it in the chain. */
      continuedExecutionRunId: optional(uuid),
      initiator: optional(continueAsNewInitiator),
      continuedFailure: optional(failure),
      lastCompletionResult: optional(blob),
      cronSchedule: optional(name),
      /** When the execution timeout ends, for the whole chain. */
      workflowExecutionExpirationTime: optional(count),
      parentWorkflowExecution: optional(workflowExecution),
      parentInitiatedEventId: optional(count),
      /** Top of the tree of children; absent when that is this workflow. */
      rootWorkflowExecution: optional(workflowExecution),
      searchAttributes: optional(searchAttributes),
      priority: optional(priority),
      userMetadata: optional(userMetadata),
    }),
  ],
  WorkflowExecutionCompleted: [
    2,
    record({
      workflowTaskCompletedEventId: count,
      result: optional(blob),
      newExecutionRunId: optional(uuid),
    }),
  ],
  WorkflowExecutionFailed: [
    3,
    record({
      workflowTaskCompletedEventId: count,
      failure,
      retryState,
      newExecutionRunId: optional(uuid),
    }),
  ],
  WorkflowExecutionTimedOut: [4, record({ retryState, newExecutionRunId: optional(uuid) })],
  WorkflowExecutionCancelRequested: [
    20,
    record({
      cause: optional(text),
      identity: optional(name),
      /** RequestCancelExternalWorkflowExecutionInitiated in the history of the asking workflow. */
      externalInitiatedEventId: optional(count),
      externalWorkflowExecution: optional(workflowExecution),
    }),
  ],
  WorkflowExecutionCanceled: [
    21,
    record({ workflowTaskCompletedEventId: count, details: optional(blob) }),
  ],
  MarkerRecorded: [
    25,
    record({
      markerName: name,
      /** Payloads by the SDK's own words. */
      details: optional(map(blob)),
      workflowTaskCompletedEventId: count,
      header: optional(blob),
      failure: optional(failure),
    }),
  ],
  WorkflowExecutionSignaled: [
    26,
    record({
      signalName: name,
      input: optional(blob),
      identity: optional(name),
      header: optional(blob),
      skipGenerateWorkflowTask: optional(flag),
      /** The workflow that sent it. */
      externalWorkflowExecution: optional(workflowExecution),
    }),
  ],
  WorkflowExecutionTerminated: [
    27,
    record({ reason: optional(text), details: optional(blob), identity: optional(name) }),
  ],
  WorkflowExecutionContinuedAsNew: [
    28,
    record({
      newExecutionRunId: uuid,
      workflowType: name,
      taskQueue: name,
      input: optional(blob),
      workflowRunTimeoutMs: optional(count),
      workflowTaskTimeoutMs: optional(count),
      workflowTaskCompletedEventId: count,
      backoffStartIntervalMs: optional(count),
      initiator: continueAsNewInitiator,
      header: optional(blob),
      memo: optional(blob),
      searchAttributes: optional(searchAttributes),
      retryPolicy: optional(retryPolicy),
    }),
  ],
  UpsertWorkflowSearchAttributes: [
    40,
    record({ workflowTaskCompletedEventId: count, searchAttributes }),
  ],
  WorkflowExecutionUpdateAccepted: [
    41,
    record({
      /** The update's id. */
      protocolInstanceId: name,
      /** Last event before the task that brought the update to the workflow. */
      acceptedRequestSequencingEventId: count,
      acceptedRequest: optional(updateRequest),
    }),
  ],
  WorkflowExecutionUpdateCompleted: [
    43,
    record({
      updateId: name,
      acceptedEventId: count,
      /** Of a successful update that returned something. */
      result: optional(blob),
      /** Of a failed update. */
      failure: optional(failure),
    }),
  ],
  WorkflowPropertiesModified: [
    46,
    record({
      workflowTaskCompletedEventId: count,
      /** What changed. */
      upsertedMemo: optional(blob),
      /** The whole memo with the change, for readers that cannot merge what they cannot read. */
      memo: optional(blob),
    }),
  ],
  /** An update that was carried over from another run, and waits to be accepted. */
  WorkflowExecutionUpdateAdmitted: [
    47,
    record({ request: updateRequest, origin: word(['UNSPECIFIED', 'REAPPLY']) }),
  ],
} as const;
