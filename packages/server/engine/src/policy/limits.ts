/** Server limits that decisions enforce (semantics 75). */

/** Activities of one run that are scheduled and not closed. */
export const MAX_PENDING_ACTIVITIES = 2_000;
/** Signals that one run takes in its life. */
export const MAX_SIGNALS = 10_000;
/** Workflow task timeout when none is asked for, in milliseconds. */
export const DEFAULT_WORKFLOW_TASK_TIMEOUT_MS = 10_000;
/** Longest workflow task timeout, in milliseconds; a longer one is shortened. */
export const MAX_WORKFLOW_TASK_TIMEOUT_MS = 120_000;
/** How far a fused step's workflow time may be ahead of the server's clock, in milliseconds. */
export const MAX_STEP_AHEAD_MS = 5_000;
/** How far a fused step's workflow time may be behind the server's clock, in milliseconds. */
export const MAX_STEP_BEHIND_MS = 60_000;
