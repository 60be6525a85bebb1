/** The answers that decisions share. */
import type { WorkflowExecution } from '@perdure/protocol';
import type { Outcome, RejectionReason } from '../decision.ts';
import type { ExecutionState } from '../state/execution-state.ts';

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

/** The child that was meant is closed, or further than the report. */
export function staleChild({ initiatedEventId }: { readonly initiatedEventId: number }): Outcome {
  return rejected(
    'stale',
    `the child initiated by event ${initiatedEventId} is not pending, or this was recorded before; drop it`,
  );
}

/** Whether a message that is for a child of one run only has reached such a child. */
export function isMeant(
  { parent }: ExecutionState,
  { onlyChildOf }: { readonly onlyChildOf?: WorkflowExecution },
): boolean {
  if (!onlyChildOf) return true;
  return parent?.workflowId === onlyChildOf.workflowId && parent.runId === onlyChildOf.runId;
}

/** The run is not a child of the one that sent the message. */
export function notTheChild(
  { workflowId, runId }: ExecutionState,
  { onlyChildOf }: { readonly onlyChildOf?: WorkflowExecution },
): Outcome {
  return rejected(
    'notFound',
    `run ${runId} of workflow '${workflowId}' is not a child of run ${onlyChildOf?.runId}`,
  );
}
