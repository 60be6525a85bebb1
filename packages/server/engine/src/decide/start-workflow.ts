/**
 * Begins a run, with its first workflow task unless the start is delayed (semantics 1, 53-55, 59) or
 * the run waits for its parent (33).
 */
import type { SignalWorkflow, StartWorkflow, UpdateWorkflow } from '../command.ts';
import type { Outcome } from '../decision.ts';
import type { EventAttributes, WorkflowExecution } from '@perdure/protocol';
import type { Draft } from '../draft.ts';
import { faultOfCron, nextCronTime } from '../policy/cron.ts';
import {
  DEFAULT_WORKFLOW_TASK_TIMEOUT_MS,
  MAX_WORKFLOW_TASK_TIMEOUT_MS,
} from '../policy/limits.ts';
import { RETRY_POLICY_RULE, normalizeRetryPolicy } from '../policy/retry.ts';
import { accepted, rejected } from './outcomes.ts';
import { decideSignalWorkflow } from './signal-workflow.ts';
import { decideUpdateWorkflow } from './update-workflow.ts';

const names = ['workflowId', 'runId', 'workflowType', 'taskQueue', 'requestId'] as const;
const durations = [
  'workflowExecutionTimeoutMs',
  'workflowRunTimeoutMs',
  'workflowTaskTimeoutMs',
  'startDelayMs',
] as const;

export function decideStartWorkflow(draft: Draft, command: StartWorkflow): Outcome {
  const wrong = faultOfStart(command);
  if (wrong) return rejected('invalid', wrong);
  const { chain, runId } = command;
  const firstExecutionRunId = chain?.firstExecutionRunId ?? runId;
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
      firstExecutionRunId,
      originalExecutionRunId: firstExecutionRunId === runId ? undefined : runId,
      attempt: chain?.attempt ?? 1,
      workflowId: command.workflowId,
      memo: command.memo,
      header: command.header,
      retryPolicy: command.retryPolicy && normalizeRetryPolicy(command.retryPolicy),
      firstWorkflowTaskBackoffMs: firstBackoffOf(draft, command) || undefined,
      ...chainFactsOf(command),
      cronSchedule: command.cronSchedule || undefined,
      parentWorkflowExecution: command.parent && executionOf(command.parent),
      parentInitiatedEventId: command.parent?.initiatedEventId,
      rootWorkflowExecution: command.root,
      searchAttributes: command.searchAttributes,
      priority: command.priority,
      userMetadata: command.userMetadata,
    },
    command.requestId,
  );
  if (command.awaitsParent) draft.set({ awaitsParent: true });
  draft.needsWorkflowTask = true;
  const { message } = command;
  if (message?.kind === 'signalWorkflow') decideSignalWorkflow(draft, message);
  else if (message) decideUpdateWorkflow(draft, message);
  return accepted;
}

/** A cron workflow's first run waits for the first tick; the runs after it know when theirs is. */
function firstBackoffOf(
  draft: Draft,
  { cronSchedule, chain, startDelayMs }: StartWorkflow,
): number {
  if (!cronSchedule || chain) return startDelayMs ?? 0;
  const tick = nextCronTime(cronSchedule, draft.now);
  return tick === undefined ? 0 : tick - draft.now;
}

function chainFactsOf({
  chain,
}: StartWorkflow): Partial<EventAttributes<'WorkflowExecutionStarted'>> {
  if (!chain) return {};
  return {
    continuedExecutionRunId: chain.continuedExecutionRunId,
    initiator: chain.initiator,
    continuedFailure: chain.continuedFailure,
    lastCompletionResult: chain.lastCompletionResult,
    workflowExecutionExpirationTime: chain.executionExpirationTime,
  };
}

function nameOf(message: SignalWorkflow | UpdateWorkflow): string {
  if (message.kind === 'signalWorkflow') return message.signalName;
  return message.request.updateId && message.request.updateName;
}

function executionOf({ workflowId, runId }: WorkflowExecution): WorkflowExecution {
  return { workflowId, runId };
}

/**
 * What makes a start impossible, whatever run there is; undefined when nothing does. Ask before
 * anything is done to make way for it.
 */
export function faultOfStart(command: StartWorkflow): string | undefined {
  for (const field of names) {
    if (!command[field]) return `startWorkflow needs a ${field}; got an empty one`;
  }
  for (const field of durations) {
    const value = command[field] ?? 0;
    if (!Number.isSafeInteger(value) || value < 0) {
      return `startWorkflow.${field} must be a whole number of milliseconds of at least 0; got ${value}`;
    }
  }
  const { retryPolicy, cronSchedule, startDelayMs, chain, message } = command;
  if (message && !nameOf(message)) return 'the message of a startWorkflow needs a name; got none';
  if (retryPolicy && !normalizeRetryPolicy(retryPolicy)) {
    return `startWorkflow.retryPolicy ${RETRY_POLICY_RULE}`;
  }
  if (!cronSchedule) return undefined;
  const cronFault = faultOfCron(cronSchedule);
  if (cronFault) return `startWorkflow.cronSchedule ${cronFault}`;
  if (!startDelayMs || chain) return undefined;
  return 'startWorkflow.startDelayMs and cronSchedule exclude each other; give one of them';
}
