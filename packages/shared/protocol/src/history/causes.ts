/** Why something in a history failed, in Temporal's words. */
import type { CommandType } from '../commands.ts';
import { type Field, word } from '../record.ts';

/** Why a workflow task failed. */
export const workflowTaskFailedCauses = [
  'WORKFLOW_WORKER_UNHANDLED_FAILURE',
  'UNHANDLED_COMMAND',
  'NON_DETERMINISTIC_ERROR',
  'FORCE_CLOSE_COMMAND',
  'RESET_WORKFLOW',
  'PAYLOADS_TOO_LARGE',
  'BAD_SCHEDULE_ACTIVITY_ATTRIBUTES',
  'SCHEDULE_ACTIVITY_DUPLICATE_ID',
  'BAD_REQUEST_CANCEL_ACTIVITY_ATTRIBUTES',
  'BAD_START_TIMER_ATTRIBUTES',
  'START_TIMER_DUPLICATE_ID',
  'BAD_CANCEL_TIMER_ATTRIBUTES',
  'BAD_RECORD_MARKER_ATTRIBUTES',
  'BAD_COMPLETE_WORKFLOW_EXECUTION_ATTRIBUTES',
  'BAD_FAIL_WORKFLOW_EXECUTION_ATTRIBUTES',
  'BAD_CANCEL_WORKFLOW_EXECUTION_ATTRIBUTES',
  'BAD_CONTINUE_AS_NEW_ATTRIBUTES',
  'BAD_START_CHILD_EXECUTION_ATTRIBUTES',
  'BAD_SIGNAL_WORKFLOW_EXECUTION_ATTRIBUTES',
  'BAD_REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION_ATTRIBUTES',
  'BAD_SEARCH_ATTRIBUTES',
  'BAD_MODIFY_WORKFLOW_PROPERTIES_ATTRIBUTES',
  'BAD_UPDATE_WORKFLOW_EXECUTION_MESSAGE',
  'PENDING_ACTIVITIES_LIMIT_EXCEEDED',
  'PENDING_CHILD_WORKFLOWS_LIMIT_EXCEEDED',
  'PENDING_SIGNALS_LIMIT_EXCEEDED',
  'PENDING_REQUEST_CANCEL_LIMIT_EXCEEDED',
] as const;

/** One of {@link workflowTaskFailedCauses}. */
export type WorkflowTaskFailedCause = (typeof workflowTaskFailedCauses)[number];

const cause = word(workflowTaskFailedCauses);

/** Of the first histories, which have a cause for bad commands that Temporal does not. */
const formerCause = 'BAD_COMMAND_ATTRIBUTES';

export const workflowTaskFailedCause: Field<WorkflowTaskFailedCause> = {
  ...cause,
  from: (wire) => (wire === formerCause ? 'WORKFLOW_WORKER_UNHANDLED_FAILURE' : cause.from(wire)),
};

/** The cause of a task's failure whose command of this type cannot be taken as it is. */
export const badCommandCauses: { readonly [T in CommandType]: WorkflowTaskFailedCause } = {
  ScheduleActivityTask: 'BAD_SCHEDULE_ACTIVITY_ATTRIBUTES',
  RequestCancelActivityTask: 'BAD_REQUEST_CANCEL_ACTIVITY_ATTRIBUTES',
  StartTimer: 'BAD_START_TIMER_ATTRIBUTES',
  CancelTimer: 'BAD_CANCEL_TIMER_ATTRIBUTES',
  CompleteWorkflowExecution: 'BAD_COMPLETE_WORKFLOW_EXECUTION_ATTRIBUTES',
  FailWorkflowExecution: 'BAD_FAIL_WORKFLOW_EXECUTION_ATTRIBUTES',
  CancelWorkflowExecution: 'BAD_CANCEL_WORKFLOW_EXECUTION_ATTRIBUTES',
  StartChildWorkflowExecution: 'BAD_START_CHILD_EXECUTION_ATTRIBUTES',
  RequestCancelExternalWorkflowExecution:
    'BAD_REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION_ATTRIBUTES',
  SignalExternalWorkflowExecution: 'BAD_SIGNAL_WORKFLOW_EXECUTION_ATTRIBUTES',
  RecordMarker: 'BAD_RECORD_MARKER_ATTRIBUTES',
  ContinueAsNewWorkflowExecution: 'BAD_CONTINUE_AS_NEW_ATTRIBUTES',
  UpsertWorkflowSearchAttributes: 'BAD_SEARCH_ATTRIBUTES',
  ModifyWorkflowProperties: 'BAD_MODIFY_WORKFLOW_PROPERTIES_ATTRIBUTES',
  AcceptUpdate: 'BAD_UPDATE_WORKFLOW_EXECUTION_MESSAGE',
  RejectUpdate: 'BAD_UPDATE_WORKFLOW_EXECUTION_MESSAGE',
  CompleteUpdate: 'BAD_UPDATE_WORKFLOW_EXECUTION_MESSAGE',
};

/** Why a child could not be started. */
export const startChildFailedCauses = ['WORKFLOW_ALREADY_EXISTS', 'NAMESPACE_NOT_FOUND'] as const;

/** One of {@link startChildFailedCauses}. */
export type StartChildFailedCause = (typeof startChildFailedCauses)[number];
export const startChildFailedCause = word(startChildFailedCauses);

/** Why another workflow could not be signalled or asked to cancel. */
export const externalFailedCauses = [
  'EXTERNAL_WORKFLOW_EXECUTION_NOT_FOUND',
  'NAMESPACE_NOT_FOUND',
  'SIGNAL_COUNT_LIMIT_EXCEEDED',
] as const;

/** One of {@link externalFailedCauses}. */
export type ExternalFailedCause = (typeof externalFailedCauses)[number];
export const externalFailedCause = word(externalFailedCauses);
