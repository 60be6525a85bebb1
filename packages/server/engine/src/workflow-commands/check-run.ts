/** Whether commands about the run itself and its updates can be recorded. */
import type { CommandOf } from '@perdure/protocol';
import { RETRY_POLICY_RULE, normalizeRetryPolicy } from '../policy/retry.ts';
import type { Ledger } from './ledger.ts';
import { type TaskRefusal, refusal } from './refusal.ts';

export function checkRecordMarker(
  _ledger: Ledger,
  { markerName }: CommandOf<'RecordMarker'>,
): TaskRefusal | undefined {
  if (markerName) return undefined;
  return refusal(
    'BAD_RECORD_MARKER_ATTRIBUTES',
    'RecordMarker needs a markerName; got an empty one',
  );
}

export function checkCancelWorkflow(ledger: Ledger): TaskRefusal | undefined {
  if (ledger.state.cancelRequested) return undefined;
  return refusal(
    'BAD_CANCEL_WORKFLOW_EXECUTION_ATTRIBUTES',
    'CancelWorkflowExecution answers a cancel request, and there was none',
  );
}

export function checkContinueAsNew(
  _ledger: Ledger,
  { workflowType, taskQueue, retryPolicy }: CommandOf<'ContinueAsNewWorkflowExecution'>,
): TaskRefusal | undefined {
  const cause = 'BAD_CONTINUE_AS_NEW_ATTRIBUTES';
  if (workflowType === '' || taskQueue === '') {
    const which = workflowType === '' ? 'workflowType' : 'taskQueue';
    return refusal(cause, `ContinueAsNewWorkflowExecution.${which} must not be empty`);
  }
  if (retryPolicy && !normalizeRetryPolicy(retryPolicy)) {
    return refusal(cause, `ContinueAsNewWorkflowExecution.retryPolicy ${RETRY_POLICY_RULE}`);
  }
  return undefined;
}

export function checkSearchAttributes(
  _ledger: Ledger,
  { searchAttributes }: CommandOf<'UpsertWorkflowSearchAttributes'>,
): TaskRefusal | undefined {
  const names = Object.keys(searchAttributes);
  if (names.length > 0 && !names.includes('')) return undefined;
  return refusal(
    'BAD_SEARCH_ATTRIBUTES',
    `UpsertWorkflowSearchAttributes.searchAttributes needs named attributes; got ${
      names.length === 0 ? 'none' : 'an empty name'
    }`,
  );
}

export function checkModifyProperties(
  _ledger: Ledger,
  { upsertedMemo, memo }: CommandOf<'ModifyWorkflowProperties'>,
): TaskRefusal | undefined {
  if (upsertedMemo || memo) return undefined;
  return refusal(
    'BAD_MODIFY_WORKFLOW_PROPERTIES_ATTRIBUTES',
    'ModifyWorkflowProperties needs an upsertedMemo; got none',
  );
}

/** An update is accepted or rejected once, by the task that took it along. */
export function checkAnswerUpdate(
  ledger: Ledger,
  { commandType, updateId }: CommandOf<'AcceptUpdate'> | CommandOf<'RejectUpdate'>,
): TaskRefusal | undefined {
  const { updates, workflowTask } = ledger.state;
  const update = updates.get(updateId);
  const asked =
    update?.request !== undefined && update.deliveredIn === workflowTask?.startedEventId;
  if (!asked || ledger.updates.has(updateId)) {
    return badUpdate(`${commandType}.updateId names update ${updateId}, which waits for no answer`);
  }
  ledger.updates.set(updateId, commandType === 'AcceptUpdate' ? 'accepted' : 'answered');
  return undefined;
}

export function checkCompleteUpdate(
  ledger: Ledger,
  { updateId }: CommandOf<'CompleteUpdate'>,
): TaskRefusal | undefined {
  const running = ledger.state.updates.get(updateId)?.acceptedEventId ?? 0;
  const state = ledger.updates.get(updateId) ?? (running > 0 ? 'accepted' : undefined);
  if (state !== 'accepted') {
    return badUpdate(`CompleteUpdate.updateId names update ${updateId}, which is not accepted`);
  }
  ledger.updates.set(updateId, 'answered');
  return undefined;
}

function badUpdate(message: string): TaskRefusal {
  return refusal('BAD_UPDATE_WORKFLOW_EXECUTION_MESSAGE', message);
}
