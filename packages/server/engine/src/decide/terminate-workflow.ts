/** Closes the run from outside, without asking the workflow (semantics 56). */
import type { TerminateWorkflow } from '../command.ts';
import type { Outcome } from '../decision.ts';
import type { Draft } from '../draft.ts';
import { abandonWorkflowTask } from '../machines/workflow-task.ts';
import { accepted } from './outcomes.ts';

export function decideTerminateWorkflow(draft: Draft, command: TerminateWorkflow): Outcome {
  const { reason, details, identity } = command;
  abandonWorkflowTask(draft);
  draft.emit('WorkflowExecutionTerminated', { reason, details, identity });
  return accepted;
}
