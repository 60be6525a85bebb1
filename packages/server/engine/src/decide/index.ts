/**
 * Which decision answers which command. To add a command: declare it in `command.ts`, decide it in
 * a file of its own here, and name it in this table.
 */
import type { EngineCommand } from '../command.ts';
import type { Outcome } from '../decision.ts';
import type { Draft } from '../draft.ts';
import { type ExecutionState, isClosed } from '../state/execution-state.ts';
import { transfersOf } from '../transfers.ts';
import { decideAcknowledgeTransfer } from './acknowledge-transfer.ts';
import { decideBeginChild } from './begin-child.ts';
import { decideCancelActivity } from './cancel-activity.ts';
import { decideCompleteActivity } from './complete-activity.ts';
import { decideCompleteStep } from './complete-step.ts';
import { decideCompleteWorkflowTask } from './complete-workflow-task.ts';
import { decideConfirmWorkflowTask } from './confirm-workflow-task.ts';
import { decideDetachActivity } from './detach-activity.ts';
import { decideFailActivity } from './fail-activity.ts';
import { decideFailWorkflowTask } from './fail-workflow-task.ts';
import { decideHeartbeatActivity } from './heartbeat-activity.ts';
import { decideLoseActivity } from './lose-activity.ts';
import { decideLoseWorkflowTask } from './lose-workflow-task.ts';
import { rejected } from './outcomes.ts';
import { decideRecordChildClosed } from './record-child-closed.ts';
import { decideRecordChildStartFailed } from './record-child-start-failed.ts';
import { decideRecordChildStarted } from './record-child-started.ts';
import { decideRecordExternalOutcome } from './record-external-outcome.ts';
import { decideRequestCancelWorkflow } from './request-cancel-workflow.ts';
import { decideSignalWorkflow } from './signal-workflow.ts';
import { decideStartActivity } from './start-activity.ts';
import { decideStartWorkflow } from './start-workflow.ts';
import { decideStartWorkflowTask } from './start-workflow-task.ts';
import { decideTerminateWorkflow } from './terminate-workflow.ts';
import { decideUpdateWorkflow } from './update-workflow.ts';
import { decideWakeUp } from './wake-up.ts';

type CommandOfKind<K extends EngineCommand['kind']> = Extract<EngineCommand, { kind: K }>;

const decisions: {
  readonly [K in EngineCommand['kind']]: (draft: Draft, command: CommandOfKind<K>) => Outcome;
} = {
  startWorkflow: decideStartWorkflow,
  signalWorkflow: decideSignalWorkflow,
  requestCancelWorkflow: decideRequestCancelWorkflow,
  terminateWorkflow: decideTerminateWorkflow,
  updateWorkflow: decideUpdateWorkflow,
  recordChildStarted: decideRecordChildStarted,
  beginChild: decideBeginChild,
  recordChildStartFailed: decideRecordChildStartFailed,
  recordChildClosed: decideRecordChildClosed,
  recordExternalOutcome: decideRecordExternalOutcome,
  acknowledgeTransfer: decideAcknowledgeTransfer,
  startWorkflowTask: decideStartWorkflowTask,
  completeWorkflowTask: decideCompleteWorkflowTask,
  failWorkflowTask: decideFailWorkflowTask,
  confirmWorkflowTask: decideConfirmWorkflowTask,
  loseWorkflowTask: decideLoseWorkflowTask,
  startActivity: decideStartActivity,
  completeActivity: decideCompleteActivity,
  failActivity: decideFailActivity,
  cancelActivity: decideCancelActivity,
  heartbeatActivity: decideHeartbeatActivity,
  detachActivity: decideDetachActivity,
  loseActivity: decideLoseActivity,
  completeStep: decideCompleteStep,
  wakeUp: decideWakeUp,
};

/** Decides one command on an open draft. Validates before it changes anything. */
export function decideCommand(draft: Draft, command: EngineCommand): Outcome {
  const run = draft.current;
  if (command.kind === 'startWorkflow') {
    if (run) return rejected('alreadyStarted', `run ${run.runId} exists already`);
  } else if (!run) {
    return rejected('notFound', 'there is no such run; start it first');
  } else if (isClosed(run) && !settlesDebts(run, command)) {
    return rejected('notFound', `run ${run.runId} has closed (${run.status})`);
  }
  return (decisions[command.kind] as (draft: Draft, command: EngineCommand) => Outcome)(
    draft,
    command,
  );
}

/** What a closed run still owes others can be reported as done, and it can be reminded of it. */
function settlesDebts(run: ExecutionState, { kind }: EngineCommand): boolean {
  if (kind === 'wakeUp') return transfersOf(run).length > 0;
  return kind === 'acknowledgeTransfer' || kind === 'recordExternalOutcome';
}
