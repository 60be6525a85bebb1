/**
 * A child workflow, from StartChildWorkflowExecutionInitiated to its outcome (semantics 30-34).
 *
 * ```
 * initiated ──recordStart──► started ──recordClose──► settled (or gone, when no task is started)
 *     └───recordFailure, recordClose──────────────────────▲
 * ```
 *
 * *Settled* means that the outcome waits among the buffered events. A child may close before its
 * start is recorded, because it runs from the moment it is started: its start is then recorded
 * together with its end.
 */
import type { StartChildFailedCause } from '@perdure/protocol';
import type { ChildOutcome } from '../command.ts';
import type { Draft } from '../draft.ts';
import type { ChildState, ExecutionState } from '../state/execution-state.ts';
import { isBuffering, recordExternal } from './buffer.ts';

type ChildPhase = 'initiated' | 'started' | 'settled';

/** From which phases each move is possible. */
const moves = {
  recordStart: ['initiated'],
  recordFailure: ['initiated'],
  recordClose: ['initiated', 'started'],
} as const satisfies Record<string, readonly ChildPhase[]>;

function phaseOf(child: ChildState): ChildPhase {
  if (child.outcomeBuffered) return 'settled';
  return child.runId === undefined ? 'initiated' : 'started';
}

/** The child, if it can make the move. */
export function childFor(
  state: ExecutionState,
  move: keyof typeof moves,
  initiatedEventId: number,
): ChildState | undefined {
  const child = state.children.get(initiatedEventId);
  if (!child) return undefined;
  const from: readonly ChildPhase[] = moves[move];
  return from.includes(phaseOf(child)) ? child : undefined;
}

/** Whether a child has yet to be started. */
export function awaitsStart(child: ChildState): boolean {
  return phaseOf(child) === 'initiated';
}

/** The child runs. */
export function startChild(draft: Draft, child: ChildState, runId: string): void {
  const { initiatedEventId, workflowId, workflowType } = child;
  if (isBuffering(draft)) draft.setChild(child, { runId });
  const workflowExecution = { workflowId, runId };
  const attributes = { initiatedEventId, workflowExecution, workflowType };
  recordExternal(draft, 'ChildWorkflowExecutionStarted', attributes);
}

/** There will be no child. */
export function failChildStart(
  draft: Draft,
  child: ChildState,
  cause: StartChildFailedCause,
): void {
  const { initiatedEventId, workflowTaskCompletedEventId, workflowId, workflowType } = child;
  settle(draft, child);
  recordExternal(draft, 'StartChildWorkflowExecutionFailed', {
    workflowId,
    workflowType,
    cause,
    initiatedEventId,
    workflowTaskCompletedEventId,
  });
}

/** The child's chain of runs has ended. */
export function closeChild(
  draft: Draft,
  child: ChildState,
  runId: string,
  outcome: ChildOutcome,
): void {
  if (awaitsStart(child)) startChild(draft, child, runId);
  const started = draft.state.children.get(child.initiatedEventId) ?? child;
  const { initiatedEventId, workflowId, workflowType, startedEventId } = started;
  settle(draft, started);
  const workflowExecution = { workflowId, runId: started.runId ?? runId };
  recordOutcome(draft, outcome, {
    workflowExecution,
    workflowType,
    initiatedEventId,
    startedEventId,
  });
}

function recordOutcome(
  draft: Draft,
  outcome: ChildOutcome,
  child: {
    readonly workflowExecution: { readonly workflowId: string; readonly runId: string };
    readonly workflowType: string;
    readonly initiatedEventId: number;
    readonly startedEventId: number;
  },
): void {
  switch (outcome.status) {
    case 'COMPLETED': {
      const { result } = outcome;
      recordExternal(draft, 'ChildWorkflowExecutionCompleted', { ...child, result });
      return;
    }
    case 'FAILED': {
      const { failure, retryState } = outcome;
      recordExternal(draft, 'ChildWorkflowExecutionFailed', { ...child, failure, retryState });
      return;
    }
    case 'CANCELLED': {
      const { details } = outcome;
      recordExternal(draft, 'ChildWorkflowExecutionCanceled', { ...child, details });
      return;
    }
    case 'TIMED_OUT': {
      const { retryState } = outcome;
      recordExternal(draft, 'ChildWorkflowExecutionTimedOut', { ...child, retryState });
      return;
    }
    case 'TERMINATED':
      recordExternal(draft, 'ChildWorkflowExecutionTerminated', child);
      return;
    default:
      return outcome satisfies never;
  }
}

function settle(draft: Draft, child: ChildState): void {
  if (isBuffering(draft)) draft.setChild(child, { outcomeBuffered: true });
}
