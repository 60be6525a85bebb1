/** Writes the event that closes a run, and plans the run that follows, if one does. */
import type { Command, CommandOf } from '@perdure/protocol';
import type { Draft } from '../draft.ts';
import { type Ending, type Successor, decideSuccession } from '../policy/succession.ts';
import { normalizeRetryPolicy } from '../policy/retry.ts';
import type { Recording } from './recording.ts';

/**
 * How the closing command of a task ends the run; decided before anything is written, because a run
 * that follows needs an id.
 */
export interface Closing {
  readonly successor: Successor | undefined;
  readonly newExecutionRunId: string | undefined;
  readonly retryState: ReturnType<typeof decideSuccession>['retryState'];
}

/** @throws Error when a run follows and the transition has no source of run ids */
export function planClosing(draft: Draft, command: Command | undefined): Closing | undefined {
  const ending = command && endingOf(command);
  if (!ending) return undefined;
  const { successor, retryState } = decideSuccession(draft.state, ending, draft.now);
  return { successor, retryState, newExecutionRunId: successor && draft.newRunId() };
}

/** A cancelled run is followed by none (semantics 54). */
function endingOf(command: Command): Ending | undefined {
  switch (command.commandType) {
    case 'CompleteWorkflowExecution':
      return { kind: 'completed' };
    case 'FailWorkflowExecution':
      return { kind: 'failed', failure: command.failure };
    case 'ContinueAsNewWorkflowExecution': {
      const { backoffStartIntervalMs = 0 } = command;
      return { kind: 'continuedAsNew', backoffStartIntervalMs };
    }
    default:
      return undefined;
  }
}

export function recordComplete(
  { draft, workflowTaskCompletedEventId, closing }: Recording,
  { result }: CommandOf<'CompleteWorkflowExecution'>,
): void {
  const newExecutionRunId = closing?.newExecutionRunId;
  draft.emit('WorkflowExecutionCompleted', {
    workflowTaskCompletedEventId,
    result,
    newExecutionRunId,
  });
  draft.followWith(closing?.successor);
}

export function recordFail(
  { draft, workflowTaskCompletedEventId, closing }: Recording,
  { failure }: CommandOf<'FailWorkflowExecution'>,
): void {
  const { retryState = 'RETRY_POLICY_NOT_SET', newExecutionRunId } = closing ?? {};
  draft.emit('WorkflowExecutionFailed', {
    workflowTaskCompletedEventId,
    failure,
    retryState,
    newExecutionRunId,
  });
  draft.followWith(closing?.successor);
}

export function recordContinueAsNew(
  { draft, workflowTaskCompletedEventId, closing }: Recording,
  command: CommandOf<'ContinueAsNewWorkflowExecution'>,
): void {
  const { state } = draft;
  draft.emit('WorkflowExecutionContinuedAsNew', {
    newExecutionRunId: closing!.newExecutionRunId!,
    workflowType: command.workflowType ?? state.workflowType,
    taskQueue: command.taskQueue ?? state.taskQueue,
    input: command.input,
    workflowRunTimeoutMs: command.workflowRunTimeoutMs || undefined,
    workflowTaskTimeoutMs: command.workflowTaskTimeoutMs || undefined,
    workflowTaskCompletedEventId,
    backoffStartIntervalMs: closing!.successor!.backoffMs || undefined,
    initiator: 'WORKFLOW',
    header: command.header,
    memo: command.memo,
    searchAttributes: command.searchAttributes,
    retryPolicy: command.retryPolicy && normalizeRetryPolicy(command.retryPolicy),
  });
  draft.followWith(closing?.successor);
}
