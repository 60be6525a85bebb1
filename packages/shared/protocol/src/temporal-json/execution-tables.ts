/** Events of the run itself; see history/execution-events.ts. */
import type { PayloadBlob } from '../payload.ts';
import type { EventAttributes } from '../history/events.ts';
import type { executionEvents } from '../history/execution-events.ts';
import {
  continueAsNewInitiator,
  priority,
  retryPolicy,
  retryState,
  searchAttributes,
  taskQueue,
  updateRequest,
  userMetadata,
  workflowExecution,
} from './execution-forms.ts';
import { failure } from './failure-form.ts';
import {
  type Form,
  duration,
  enumeration,
  flag,
  given,
  int32,
  int64,
  kept,
  text,
  timestamp,
} from './forms.ts';
import { type JsonObject, objectOf } from './json.ts';
import { at, onEvent, ours } from './message.ts';
import { header, memo, payloads, payloadsByName } from './payload-forms.ts';
import type { Scene } from './scene.ts';
import { type EventTables, requestId } from './table.ts';
import { taskTimeout } from './task-tables.ts';

type Started = EventAttributes<'WorkflowExecutionStarted'>;
type UpdateCompleted = EventAttributes<'WorkflowExecutionUpdateCompleted'>;

const updateOrigin = enumeration(
  'UPDATE_ADMITTED_EVENT_ORIGIN',
  ['UNSPECIFIED', 'REAPPLY'] as const,
  'UNSPECIFIED',
);

/** `{}` says that an update succeeded and returned nothing; `{ "payloads": [] }`, no payloads. */
const updateResult: Form<PayloadBlob | undefined> = {
  ...kept(payloads('update-result')),
  from: (json, scene) =>
    objectOf(json).payloads === undefined ? undefined : payloads('update-result').from(json, scene),
};

export const executionTables: EventTables<keyof typeof executionEvents> = {
  WorkflowExecutionStarted: [
    {
      workflowType: at('workflowType.name', text),
      taskQueue,
      input: kept(payloads('workflow-input')),
      workflowExecutionTimeoutMs: at('workflowExecutionTimeout', given(duration)),
      workflowRunTimeoutMs: at('workflowRunTimeout', given(duration)),
      workflowTaskTimeoutMs: at('workflowTaskTimeout', taskTimeout),
      identity: kept(text),
      firstExecutionRunId: text,
      originalExecutionRunId: given(text),
      attempt: { ...int32, absent: () => 1 },
      workflowId: text,
      memo: kept(memo(false)),
      header: kept(header),
      retryPolicy: kept(retryPolicy),
      firstWorkflowTaskBackoffMs: at('firstWorkflowTaskBackoff', given(duration)),
      continuedExecutionRunId: given(text),
      initiator: given(continueAsNewInitiator),
      continuedFailure: kept(failure),
      lastCompletionResult: kept(payloads('workflow-result')),
      cronSchedule: given(text),
      workflowExecutionExpirationTime: kept(timestamp),
      parentWorkflowExecution: kept(workflowExecution),
      parentInitiatedEventId: given(int64),
      rootWorkflowExecution: kept(workflowExecution),
      searchAttributes: kept(searchAttributes),
      priority: kept(priority),
      userMetadata: onEvent('userMetadata', kept(userMetadata)),
    },
    { made: startedFacts, tidy: ownRunOnly },
  ],
  WorkflowExecutionCompleted: [
    {
      workflowTaskCompletedEventId: int64,
      result: kept(payloads('workflow-result')),
      newExecutionRunId: given(text),
    },
  ],
  WorkflowExecutionFailed: [
    {
      workflowTaskCompletedEventId: int64,
      failure,
      retryState,
      newExecutionRunId: given(text),
    },
  ],
  WorkflowExecutionTimedOut: [{ retryState, newExecutionRunId: given(text) }],
  WorkflowExecutionCancelRequested: [
    {
      cause: kept(text),
      identity: kept(text),
      externalInitiatedEventId: given(int64),
      externalWorkflowExecution: kept(workflowExecution),
    },
  ],
  WorkflowExecutionCanceled: [
    {
      workflowTaskCompletedEventId: int64,
      details: kept(payloads('cancel-details')),
    },
  ],
  MarkerRecorded: [
    {
      markerName: text,
      details: kept(payloadsByName('marker')),
      workflowTaskCompletedEventId: int64,
      header: kept(header),
      failure: kept(failure),
    },
  ],
  WorkflowExecutionSignaled: [
    {
      signalName: text,
      input: kept(payloads('signal')),
      identity: kept(text),
      header: kept(header),
      skipGenerateWorkflowTask: kept(flag),
      externalWorkflowExecution: kept(workflowExecution),
    },
    { made: requestId },
  ],
  WorkflowExecutionTerminated: [
    {
      reason: kept(text),
      details: kept(payloads('terminate-details')),
      identity: kept(text),
    },
  ],
  WorkflowExecutionContinuedAsNew: [
    {
      newExecutionRunId: text,
      workflowType: at('workflowType.name', text),
      taskQueue,
      input: kept(payloads('workflow-input')),
      workflowRunTimeoutMs: at('workflowRunTimeout', given(duration)),
      workflowTaskTimeoutMs: at('workflowTaskTimeout', given(duration)),
      workflowTaskCompletedEventId: int64,
      backoffStartIntervalMs: at('backoffStartInterval', given(duration)),
      initiator: continueAsNewInitiator,
      header: kept(header),
      memo: kept(memo(false)),
      searchAttributes: kept(searchAttributes),
      retryPolicy: ours('retryPolicy', kept(retryPolicy)),
    },
  ],
  UpsertWorkflowSearchAttributes: [{ workflowTaskCompletedEventId: int64, searchAttributes }],
  WorkflowExecutionUpdateAccepted: [
    {
      protocolInstanceId: text,
      acceptedRequestSequencingEventId: int64,
      acceptedRequest: kept(updateRequest),
    },
    {
      made: ({ protocolInstanceId }) => ({
        acceptedRequestMessageId: `${protocolInstanceId}/request`,
      }),
    },
  ],
  WorkflowExecutionUpdateCompleted: [
    {
      updateId: at('meta.updateId', text),
      acceptedEventId: int64,
      result: at('outcome.success', updateResult),
      failure: at('outcome.failure', kept(failure)),
    },
    { made: successOfNothing },
  ],
  WorkflowPropertiesModified: [
    {
      workflowTaskCompletedEventId: int64,
      upsertedMemo: kept(memo(true)),
      memo: ours('memo', kept(memo(false))),
    },
  ],
  WorkflowExecutionUpdateAdmitted: [{ request: updateRequest, origin: updateOrigin }],
};

/** The first run of a chain is its own original; a parent is of the same namespace. */
function startedFacts(attributes: Started, { namespace }: Scene): JsonObject {
  const { firstExecutionRunId, parentWorkflowExecution } = attributes;
  return {
    originalExecutionRunId: firstExecutionRunId,
    ...(parentWorkflowExecution && namespace !== undefined
      ? { parentWorkflowNamespace: namespace }
      : {}),
  };
}

function ownRunOnly(attributes: Started): Started {
  const { firstExecutionRunId, originalExecutionRunId } = attributes;
  const isFirst = originalExecutionRunId === firstExecutionRunId;
  return isFirst ? { ...attributes, originalExecutionRunId: undefined } : attributes;
}

function successOfNothing({ result, failure: failed }: UpdateCompleted): JsonObject {
  return result || failed ? {} : { outcome: { success: {} } };
}
