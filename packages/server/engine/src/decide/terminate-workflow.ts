/** Closes the run from outside, without asking the workflow (semantics 56). */
import type { TerminateWorkflow } from '../command.ts';
import type { Outcome } from '../decision.ts';
import type { Draft } from '../draft.ts';
import { abandonWorkflowTask } from '../machines/workflow-task.ts';
import { MAX_STATE_BYTES, exceedsHistoryLimit } from '../policy/limits.ts';
import { isClosed } from '../state/execution-state.ts';
import { accepted } from './outcomes.ts';

export function decideTerminateWorkflow(draft: Draft, command: TerminateWorkflow): Outcome {
  const { reason, details, identity } = command;
  abandonWorkflowTask(draft);
  draft.emit('WorkflowExecutionTerminated', { reason, details, identity });
  return accepted;
}

/** A run whose history or state has outgrown the limits is terminated (semantics 75). */
export function enforceSizeLimits(draft: Draft): void {
  if (isClosed(draft.state)) return;
  const reason = outgrown(draft);
  if (reason === undefined) return;
  abandonWorkflowTask(draft);
  draft.emit('WorkflowExecutionTerminated', { reason });
}

function outgrown({ state, stateBytes }: Draft): string | undefined {
  if (exceedsHistoryLimit(state)) return 'Workflow history size/count exceeds limit.';
  if (stateBytes > MAX_STATE_BYTES) return 'Workflow mutable state size exceeds limit.';
  return undefined;
}
