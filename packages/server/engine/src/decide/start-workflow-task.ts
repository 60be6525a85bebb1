/** A worker session takes the waiting workflow task. */
import type { StartWorkflowTask } from '../command.ts';
import type { Outcome } from '../decision.ts';
import type { Draft } from '../draft.ts';
import { dispatchedWorkflowTask, startWorkflowTask } from '../machines/workflow-task.ts';
import { accepted, rejected } from './outcomes.ts';

export function decideStartWorkflowTask(draft: Draft, command: StartWorkflowTask): Outcome {
  const { scheduledEventId, attempt, session, identity, fence } = command;
  const task = dispatchedWorkflowTask(draft.state);
  if (!task || task.scheduledEventId !== scheduledEventId || task.attempt !== attempt) {
    return rejected(
      'stale',
      `no workflow task scheduled by event ${scheduledEventId} waits in attempt ${attempt}; drop it`,
    );
  }
  startWorkflowTask(draft, task, { session, identity, fence });
  return accepted;
}
