/** The session that ran the workflow task is gone: its timeout comes early (blueprint §7). */
import type { LoseWorkflowTask } from '../command.ts';
import type { Outcome } from '../decision.ts';
import type { Draft } from '../draft.ts';
import { failWorkflowTask, startedWorkflowTask } from '../machines/workflow-task.ts';
import { accepted, staleWorkflowTask } from './outcomes.ts';

export function decideLoseWorkflowTask(draft: Draft, command: LoseWorkflowTask): Outcome {
  const task = startedWorkflowTask(draft.state, command);
  if (!task) return staleWorkflowTask(command);
  failWorkflowTask(draft, task, { kind: 'timedOut' });
  return accepted;
}
