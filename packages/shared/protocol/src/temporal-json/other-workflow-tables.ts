/** Children and other workflows; see history/other-workflow-events.ts. */
import { externalFailedCauses, startChildFailedCauses } from '../history/causes.ts';
import type { otherWorkflowEvents } from '../history/other-workflow-events.ts';
import {
  parentClosePolicy,
  priority,
  retryPolicy,
  retryState,
  searchAttributes,
  taskQueue,
  userMetadata,
  workflowExecution,
  workflowIdReusePolicy,
  workflowTarget,
} from './execution-forms.ts';
import { failure } from './failure-form.ts';
import { duration, enumeration, flag, given, int64, kept, text } from './forms.ts';
import { at, onEvent } from './message.ts';
import { header, memo, payloads } from './payload-forms.ts';
import { type EventTables, sameNamespace as made } from './table.ts';

const cancelFailedCause = enumeration(
  'CANCEL_EXTERNAL_WORKFLOW_EXECUTION_FAILED_CAUSE',
  externalFailedCauses,
  'EXTERNAL_WORKFLOW_EXECUTION_NOT_FOUND',
  ['SIGNAL_COUNT_LIMIT_EXCEEDED'],
);
const signalFailedCause = enumeration(
  'SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_FAILED_CAUSE',
  externalFailedCauses,
  'EXTERNAL_WORKFLOW_EXECUTION_NOT_FOUND',
);
const startChildFailedCause = enumeration(
  'START_CHILD_WORKFLOW_EXECUTION_FAILED_CAUSE',
  startChildFailedCauses,
  'WORKFLOW_ALREADY_EXISTS',
);

const workflowType = at('workflowType.name', text);

/** What every event about a started child tells. */
const child = { workflowExecution, workflowType, initiatedEventId: int64, startedEventId: int64 };
/** What every event about a workflow that could not be reached tells. */
const unreached = {
  workflowTaskCompletedEventId: int64,
  workflowExecution: workflowTarget,
  initiatedEventId: int64,
};
const subject = 'workflowExecution.workflowId';

export const otherWorkflowTables: EventTables<keyof typeof otherWorkflowEvents> = {
  RequestCancelExternalWorkflowExecutionInitiated: [
    {
      workflowTaskCompletedEventId: int64,
      workflowExecution: workflowTarget,
      childWorkflowOnly: kept(flag),
      reason: kept(text),
    },
    { made },
  ],
  RequestCancelExternalWorkflowExecutionFailed: [
    { cause: cancelFailedCause, ...unreached },
    { made },
  ],
  ExternalWorkflowExecutionCancelRequested: [
    { initiatedEventId: int64, workflowExecution: workflowTarget },
    { made },
  ],
  StartChildWorkflowExecutionInitiated: [
    {
      workflowId: text,
      workflowType,
      taskQueue,
      workflowTaskCompletedEventId: int64,
      input: kept(payloads('workflow-input')),
      header: kept(header),
      parentClosePolicy,
      workflowIdReusePolicy: given(workflowIdReusePolicy),
      workflowExecutionTimeoutMs: at('workflowExecutionTimeout', given(duration)),
      workflowRunTimeoutMs: at('workflowRunTimeout', given(duration)),
      workflowTaskTimeoutMs: at('workflowTaskTimeout', given(duration)),
      retryPolicy: kept(retryPolicy),
      cronSchedule: given(text),
      memo: kept(memo(false)),
      searchAttributes: kept(searchAttributes),
      priority: kept(priority),
      userMetadata: onEvent('userMetadata', kept(userMetadata)),
    },
    { made, subject: 'workflowId' },
  ],
  StartChildWorkflowExecutionFailed: [
    {
      workflowId: text,
      workflowType,
      cause: startChildFailedCause,
      initiatedEventId: int64,
      workflowTaskCompletedEventId: int64,
    },
    { made },
  ],
  ChildWorkflowExecutionStarted: [
    { initiatedEventId: int64, workflowExecution, workflowType },
    { made },
  ],
  ChildWorkflowExecutionCompleted: [
    { ...child, result: kept(payloads('workflow-result')) },
    { made, subject },
  ],
  ChildWorkflowExecutionFailed: [
    { ...child, failure, retryState },
    { made, subject },
  ],
  ChildWorkflowExecutionCanceled: [
    { ...child, details: kept(payloads('cancel-details')) },
    { made, subject },
  ],
  ChildWorkflowExecutionTimedOut: [{ ...child, retryState }, { made }],
  ChildWorkflowExecutionTerminated: [child, { made }],
  SignalExternalWorkflowExecutionInitiated: [
    {
      workflowTaskCompletedEventId: int64,
      workflowExecution: workflowTarget,
      signalName: text,
      input: kept(payloads('signal')),
      header: kept(header),
      childWorkflowOnly: kept(flag),
    },
    { made, subject },
  ],
  SignalExternalWorkflowExecutionFailed: [{ cause: signalFailedCause, ...unreached }, { made }],
  ExternalWorkflowExecutionSignaled: [
    { initiatedEventId: int64, workflowExecution: workflowTarget },
    { made },
  ],
};
