/** Writes the events of commands about children and other workflows. */
import type { CommandOf } from '@perdure/protocol';
import { normalizeRetryPolicy } from '../policy/retry.ts';
import type { Recording } from './recording.ts';

export function recordStartChild(
  { draft, workflowTaskCompletedEventId }: Recording,
  command: CommandOf<'StartChildWorkflowExecution'>,
): void {
  const { commandType: _type, ...facts } = command;
  draft.emit('StartChildWorkflowExecutionInitiated', {
    ...facts,
    taskQueue: command.taskQueue || draft.state.taskQueue,
    workflowTaskCompletedEventId,
    parentClosePolicy: command.parentClosePolicy ?? 'TERMINATE',
    retryPolicy: command.retryPolicy && normalizeRetryPolicy(command.retryPolicy),
  });
}

export function recordSignalExternal(
  { draft, workflowTaskCompletedEventId }: Recording,
  command: CommandOf<'SignalExternalWorkflowExecution'>,
): void {
  const { workflowId, runId, signalName, input, header, childWorkflowOnly } = command;
  draft.emit('SignalExternalWorkflowExecutionInitiated', {
    workflowTaskCompletedEventId,
    workflowExecution: { workflowId, runId },
    signalName,
    input,
    header,
    childWorkflowOnly: childWorkflowOnly || undefined,
  });
}

export function recordCancelExternal(
  { draft, workflowTaskCompletedEventId }: Recording,
  command: CommandOf<'RequestCancelExternalWorkflowExecution'>,
): void {
  const { workflowId, runId, reason, childWorkflowOnly } = command;
  draft.emit('RequestCancelExternalWorkflowExecutionInitiated', {
    workflowTaskCompletedEventId,
    workflowExecution: { workflowId, runId },
    childWorkflowOnly: childWorkflowOnly || undefined,
    reason,
  });
}
