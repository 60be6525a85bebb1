/** Closes the run from outside, without asking the workflow (semantics 56). */
import type { TerminateWorkflow } from '../command.ts';
import type { Outcome } from '../decision.ts';
import type { Draft } from '../draft.ts';
import { abandonWorkflowTask } from '../machines/workflow-task.ts';
import { exceedsHistoryLimit } from '../policy/limits.ts';
import { isClosed } from '../state/execution-state.ts';
import { accepted } from './outcomes.ts';

export function decideTerminateWorkflow(draft: Draft, command: TerminateWorkflow): Outcome {
  const { reason, details, identity } = command;
  abandonWorkflowTask(draft);
  draft.emit('WorkflowExecutionTerminated', { reason, details, identity });
  return accepted;
}

/** A run whose history has outgrown the limits is terminated (semantics 75). */
export function enforceHistoryLimit(draft: Draft): void {
  if (isClosed(draft.state) || !exceedsHistoryLimit(draft.state)) return;
  abandonWorkflowTask(draft);
  const reason = 'Workflow history size/count exceeds limit.';
  draft.emit('WorkflowExecutionTerminated', { reason });
}
