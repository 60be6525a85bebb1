/** Asks the workflow to cancel itself; asking again changes nothing (semantics 21, 28). */
import type { RequestCancelWorkflow } from '../command.ts';
import type { Outcome } from '../decision.ts';
import type { Draft } from '../draft.ts';
import { recordExternal } from '../machines/buffer.ts';
import type { ExecutionState } from '../state/execution-state.ts';
import { accepted, isMeant, notTheChild } from './outcomes.ts';

export function decideRequestCancelWorkflow(draft: Draft, command: RequestCancelWorkflow): Outcome {
  if (!isMeant(draft.state, command)) return notTheChild(draft.state, command);
  if (isRequested(draft.state)) return accepted;
  const { cause, identity, externalInitiatedEventId, externalWorkflowExecution } = command;
  recordExternal(draft, 'WorkflowExecutionCancelRequested', {
    cause,
    identity,
    externalInitiatedEventId,
    externalWorkflowExecution,
  });
  return accepted;
}

function isRequested(state: ExecutionState): boolean {
  return (
    state.cancelRequested ||
    state.buffered.some((event) => event.eventType === 'WorkflowExecutionCancelRequested')
  );
}
