/** Begins a run, with its first workflow task unless the start is delayed (semantics 1, 59). */
import type { StartWorkflow } from '../command.ts';
import type { Outcome } from '../decision.ts';
import type { Draft } from '../draft.ts';
import {
  DEFAULT_WORKFLOW_TASK_TIMEOUT_MS,
  MAX_WORKFLOW_TASK_TIMEOUT_MS,
} from '../policy/limits.ts';
import { accepted, rejected } from './outcomes.ts';

const names = ['workflowId', 'runId', 'workflowType', 'taskQueue', 'requestId'] as const;
const durations = [
  'workflowExecutionTimeoutMs',
  'workflowRunTimeoutMs',
  'workflowTaskTimeoutMs',
  'startDelayMs',
] as const;

export function decideStartWorkflow(draft: Draft, command: StartWorkflow): Outcome {
  const wrong = faultOf(command);
  if (wrong) return rejected('invalid', wrong);
  draft.begin(
    {
      workflowType: command.workflowType,
      taskQueue: command.taskQueue,
      input: command.input,
      workflowExecutionTimeoutMs: command.workflowExecutionTimeoutMs || undefined,
      workflowRunTimeoutMs: command.workflowRunTimeoutMs || undefined,
      workflowTaskTimeoutMs: Math.min(
        command.workflowTaskTimeoutMs || DEFAULT_WORKFLOW_TASK_TIMEOUT_MS,
        MAX_WORKFLOW_TASK_TIMEOUT_MS,
      ),
      identity: command.identity,
      firstExecutionRunId: command.runId,
      attempt: 1,
      workflowId: command.workflowId,
      memo: command.memo,
      header: command.header,
      retryPolicy: command.retryPolicy,
      firstWorkflowTaskBackoffMs: command.startDelayMs || undefined,
    },
    command.requestId,
  );
  draft.needsWorkflowTask = true;
  return accepted;
}

function faultOf(command: StartWorkflow): string | undefined {
  for (const field of names) {
    if (!command[field]) return `startWorkflow needs a ${field}; got an empty one`;
  }
  for (const field of durations) {
    const value = command[field] ?? 0;
    if (!Number.isSafeInteger(value) || value < 0) {
      return `startWorkflow.${field} must be a whole number of milliseconds of at least 0; got ${value}`;
    }
  }
  return undefined;
}
