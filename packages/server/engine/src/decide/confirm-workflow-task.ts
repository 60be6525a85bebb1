/** Whether a start of the workflow task stands: asked by its worker before it does what shows. */
import type { ConfirmWorkflowTask } from '../command.ts';
import type { Outcome } from '../decision.ts';
import type { Draft } from '../draft.ts';
import { startedWorkflowTask } from '../machines/workflow-task.ts';
import { accepted, staleWorkflowTask } from './outcomes.ts';

export function decideConfirmWorkflowTask(draft: Draft, command: ConfirmWorkflowTask): Outcome {
  return startedWorkflowTask(draft.state, command) ? accepted : staleWorkflowTask(command);
}
