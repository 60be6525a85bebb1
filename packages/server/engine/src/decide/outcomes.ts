/** The answers that decisions share. */
import type { Outcome, RejectionReason } from '../decision.ts';

export const accepted: Outcome = { kind: 'accepted' };

/** Nothing has changed. */
export function rejected(reason: RejectionReason, message: string): Outcome {
  return { kind: 'rejected', reason, message };
}

/** The attempt of an activity that was meant is not the one that runs. */
export function staleActivity(command: {
  readonly scheduledEventId: number;
  readonly attempt: number;
}): Outcome {
  return rejected(
    'stale',
    `attempt ${command.attempt} of the activity scheduled by event ${command.scheduledEventId} is ` +
      'closed, superseded or not started; drop it',
  );
}

/** The attempt of a workflow task that was meant is not the one that runs. */
export function staleWorkflowTask(command: {
  readonly startedEventId: number;
  readonly attempt: number;
}): Outcome {
  return rejected(
    'stale',
    `attempt ${command.attempt} of the workflow task started by event ${command.startedEventId} is ` +
      'closed or superseded; drop it',
  );
}
