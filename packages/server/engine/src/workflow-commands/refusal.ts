/** Why a completed workflow task is recorded as a failed one. */
import type { WorkflowTaskFailedCause } from '@perdure/protocol';

export interface TaskRefusal {
  readonly cause: WorkflowTaskFailedCause;
  /** Names the command, the field and what came. */
  readonly message: string;
}

/** A command of the task cannot be recorded. */
export function refusal(cause: WorkflowTaskFailedCause, message: string): TaskRefusal {
  return { cause, message };
}
