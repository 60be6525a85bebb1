/** Whether commands about children and other workflows can be recorded. */
import { faultOfPriority } from '@perdure/common';
import type { CommandOf } from '@perdure/protocol';
import { faultOfCron } from '../policy/cron.ts';
import {
  MAX_PENDING_CANCELS,
  MAX_PENDING_CHILDREN,
  MAX_PENDING_SIGNALS,
} from '../policy/limits.ts';
import { RETRY_POLICY_RULE, normalizeRetryPolicy } from '../policy/retry.ts';
import type { Ledger } from './ledger.ts';
import { type TaskRefusal, refusal } from './refusal.ts';

export function checkStartChild(
  ledger: Ledger,
  command: CommandOf<'StartChildWorkflowExecution'>,
): TaskRefusal | undefined {
  const cause = 'BAD_START_CHILD_EXECUTION_ATTRIBUTES';
  const { workflowId, workflowType, retryPolicy, cronSchedule, priority } = command;
  if (!workflowId || !workflowType) {
    const which = workflowId ? 'workflowType' : 'workflowId';
    return refusal(cause, `StartChildWorkflowExecution needs a ${which}; got an empty one`);
  }
  if (retryPolicy && !normalizeRetryPolicy(retryPolicy)) {
    return refusal(cause, `the retry policy of child ${workflowId} ${RETRY_POLICY_RULE}`);
  }
  const cronFault = cronSchedule && faultOfCron(cronSchedule);
  if (cronFault) {
    return refusal(cause, `StartChildWorkflowExecution.cronSchedule of ${workflowId} ${cronFault}`);
  }
  const priorityFault = priority && faultOfPriority(priority);
  if (priorityFault) return refusal(cause, `child ${workflowId}: ${priorityFault}`);
  ledger.begun.children += 1;
  if (ledger.state.children.size + ledger.begun.children <= MAX_PENDING_CHILDREN) return undefined;
  return refusal(
    'PENDING_CHILD_WORKFLOWS_LIMIT_EXCEEDED',
    `a run may have ${MAX_PENDING_CHILDREN} children that have not closed; start more when some have`,
  );
}

export function checkSignalExternal(
  ledger: Ledger,
  { workflowId, signalName }: CommandOf<'SignalExternalWorkflowExecution'>,
): TaskRefusal | undefined {
  if (!workflowId || !signalName) {
    return refusal(
      'BAD_SIGNAL_WORKFLOW_EXECUTION_ATTRIBUTES',
      `SignalExternalWorkflowExecution needs a ${workflowId ? 'signalName' : 'workflowId'}; got an empty one`,
    );
  }
  ledger.begun.signals += 1;
  if (pending(ledger, 'signal') + ledger.begun.signals <= MAX_PENDING_SIGNALS) return undefined;
  return refusal(
    'PENDING_SIGNALS_LIMIT_EXCEEDED',
    `a run may have ${MAX_PENDING_SIGNALS} signals on their way to other workflows; await some first`,
  );
}

export function checkCancelExternal(
  ledger: Ledger,
  { workflowId }: CommandOf<'RequestCancelExternalWorkflowExecution'>,
): TaskRefusal | undefined {
  if (!workflowId) {
    return refusal(
      'BAD_REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION_ATTRIBUTES',
      'RequestCancelExternalWorkflowExecution needs a workflowId; got an empty one',
    );
  }
  ledger.begun.cancels += 1;
  if (pending(ledger, 'cancel') + ledger.begun.cancels <= MAX_PENDING_CANCELS) return undefined;
  return refusal(
    'PENDING_REQUEST_CANCEL_LIMIT_EXCEEDED',
    `a run may have ${MAX_PENDING_CANCELS} cancel requests on their way to other workflows; await some first`,
  );
}

function pending({ state, begun }: Ledger, kind: 'signal' | 'cancel'): number {
  const { size } = state.externals;
  if (size + begun.signals + begun.cancels <= MAX_PENDING_SIGNALS) return size;
  let count = 0;
  for (const external of state.externals.values()) if (external.kind === kind) count += 1;
  return count;
}
