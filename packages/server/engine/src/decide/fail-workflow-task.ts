/** The worker could not run the workflow task (semantics 47, 49, 51). */
import type { FailWorkflowTask } from '../command.ts';
import type { Outcome } from '../decision.ts';
import type { Draft } from '../draft.ts';
import { failWorkflowTask, startedWorkflowTask } from '../machines/workflow-task.ts';
import { accepted, staleWorkflowTask } from './outcomes.ts';

export function decideFailWorkflowTask(draft: Draft, command: FailWorkflowTask): Outcome {
  const task = startedWorkflowTask(draft.state, command);
  if (!task) return staleWorkflowTask(command);
  const { cause, failure, identity } = command;
  failWorkflowTask(draft, task, { kind: 'failed', cause, failure, identity });
  return accepted;
}
