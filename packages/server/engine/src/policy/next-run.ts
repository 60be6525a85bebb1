/** The start of a run that follows another: what it takes over and what is its own. */
import type { EventAttributes, EventOf } from '@perdure/protocol';
import type { StartWorkflow } from '../command.ts';
import type { NextRun } from '../decision.ts';
import { runTimedOut } from './succession.ts';

type Started = EventAttributes<'WorkflowExecutionStarted'>;

/**
 * The start of the run that follows.
 *
 * @param started event 1 of the run that closed
 */
export function nextRunCommand(
  next: NextRun,
  started: EventOf<'WorkflowExecutionStarted'>,
): StartWorkflow {
  const before = started.attributes;
  const { closeEvent, runId, requestId, backoffMs } = next;
  const own =
    closeEvent.eventType === 'WorkflowExecutionContinuedAsNew' ? closeEvent.attributes : {};
  const fresh = closeEvent.eventType === 'WorkflowExecutionContinuedAsNew';
  const changes = given(own as Partial<Started>);
  return {
    kind: 'startWorkflow',
    workflowId: before.workflowId,
    runId,
    workflowType: changes.workflowType ?? before.workflowType,
    taskQueue: changes.taskQueue ?? before.taskQueue,
    input: fresh ? changes.input : before.input,
    header: changes.header ?? before.header,
    memo: changes.memo ?? before.memo,
    searchAttributes: changes.searchAttributes ?? before.searchAttributes,
    workflowExecutionTimeoutMs: before.workflowExecutionTimeoutMs,
    workflowRunTimeoutMs: changes.workflowRunTimeoutMs ?? before.workflowRunTimeoutMs,
    workflowTaskTimeoutMs: changes.workflowTaskTimeoutMs ?? before.workflowTaskTimeoutMs,
    retryPolicy: changes.retryPolicy ?? before.retryPolicy,
    cronSchedule: before.cronSchedule,
    priority: before.priority,
    userMetadata: before.userMetadata,
    startDelayMs: backoffMs,
    parent: parentOf(before),
    awaitsParent: next.awaitsParent,
    root: before.rootWorkflowExecution,
    chain: {
      firstExecutionRunId: before.firstExecutionRunId,
      continuedExecutionRunId: before.originalExecutionRunId ?? before.firstExecutionRunId,
      initiator: next.initiator,
      attempt: next.attempt,
      ...outcomeOf(closeEvent, before),
      executionExpirationTime: expirationOf(started),
    },
    requestId,
  };
}

/** Drops absent fields, so that they do not hide what is taken over. */
function given(attributes: Partial<Started>): Partial<Started> {
  const entries = Object.entries(attributes).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as Partial<Started>;
}

function parentOf(before: Started): StartWorkflow['parent'] {
  const { parentWorkflowExecution, parentInitiatedEventId } = before;
  if (!parentWorkflowExecution) return undefined;
  return { ...parentWorkflowExecution, initiatedEventId: parentInitiatedEventId ?? 0 };
}

/** The last result stays until there is another; the last failure until a run succeeds. */
function outcomeOf(
  closeEvent: NextRun['closeEvent'],
  before: Started,
): Pick<NonNullable<StartWorkflow['chain']>, 'continuedFailure' | 'lastCompletionResult'> {
  const { lastCompletionResult } = before;
  switch (closeEvent.eventType) {
    case 'WorkflowExecutionCompleted':
      return { lastCompletionResult: closeEvent.attributes.result };
    case 'WorkflowExecutionFailed':
      return { continuedFailure: closeEvent.attributes.failure, lastCompletionResult };
    case 'WorkflowExecutionTimedOut':
      return { continuedFailure: runTimedOut, lastCompletionResult };
    default:
      return { lastCompletionResult };
  }
}

function expirationOf({
  eventTime,
  attributes,
}: EventOf<'WorkflowExecutionStarted'>): number | undefined {
  const { workflowExecutionExpirationTime, workflowExecutionTimeoutMs } = attributes;
  if (workflowExecutionExpirationTime) return workflowExecutionExpirationTime;
  return workflowExecutionTimeoutMs ? eventTime + workflowExecutionTimeoutMs : undefined;
}
