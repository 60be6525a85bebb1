/** Server limits that decisions enforce (semantics 75). */
import type { BufferedEvent, ExecutionState } from '../state/execution-state.ts';

/** Activities of one run that are scheduled and not closed. */
export const MAX_PENDING_ACTIVITIES = 2_000;
/** Children of one run that are initiated and not closed. */
export const MAX_PENDING_CHILDREN = 2_000;
/** Signals of one run to other workflows that are not delivered. */
export const MAX_PENDING_SIGNALS = 2_000;
/** Cancel requests of one run to other workflows that are not delivered. */
export const MAX_PENDING_CANCELS = 2_000;
/** Signals that one run takes in its life. */
export const MAX_SIGNALS = 10_000;
/** Updates of one run that are admitted or accepted and not completed. */
export const MAX_UPDATES_IN_FLIGHT = 10;
/**
 * Most bytes of payloads of updates that are admitted and not accepted, beside the latest: they are
 * part of the state, which is written anew by everything that happens to the run.
 */
export const MAX_WAITING_UPDATE_BYTES = 2 * 1024 * 1024;
/** Updates that one run takes in its life. */
export const MAX_UPDATES = 2_000;
/** Workflow task timeout when none is asked for, in milliseconds. */
export const DEFAULT_WORKFLOW_TASK_TIMEOUT_MS = 10_000;
/** Longest workflow task timeout, in milliseconds; a longer one is shortened. */
export const MAX_WORKFLOW_TASK_TIMEOUT_MS = 120_000;
/** How far a fused step's workflow time may be ahead of the server's clock, in milliseconds. */
export const MAX_STEP_AHEAD_MS = 5_000;
/** How far a fused step's workflow time may be behind the server's clock, in milliseconds. */
export const MAX_STEP_BEHIND_MS = 60_000;
/** How long a workflow task may go on by asking for another (semantics 62), in milliseconds. */
export const MAX_TASK_HEARTBEAT_MS = 30 * 60_000;
/** Signals that wait for one workflow task to end. */
const MAX_BUFFERED_SIGNALS = 100;
/** Runs of a chain that continues as new start at least this far apart, in milliseconds. */
export const MIN_CONTINUE_AS_NEW_INTERVAL_MS = 1_000;

const MIB = 1024 * 1024;
/** Most events and bytes of a history; a run with more is terminated. */
const MAX_HISTORY_EVENTS = 51_200;
const MAX_HISTORY_BYTES = 50 * MIB;
/** Most bytes of a state, which is written anew by everything that happens; likewise. */
export const MAX_STATE_BYTES = 8 * MIB;
/** Most bytes of payloads in events that wait for one workflow task to end. */
const MAX_BUFFERED_BYTES = 2 * MIB;
/** Most bytes of an event that cannot fill the buffer, however many there are: they are not added up. */
const SMALL_BYTES = 512;
/** Where the workflow is told to continue as new. */
const SUGGEST_EVENTS = 4_096;
const SUGGEST_BYTES = 4 * MIB;
const SUGGEST_UPDATES = MAX_UPDATES * 0.9;

/** Whether the history has grown past what a run may have. */
export function exceedsHistoryLimit({ nextEventId, historyBytes }: ExecutionState): boolean {
  return nextEventId - 1 > MAX_HISTORY_EVENTS || historyBytes > MAX_HISTORY_BYTES;
}

/**
 * Whether more waits for the started workflow task to end than a run may keep. Only signals are
 * counted: everything else answers what the run has asked for, of which it may not ask for too much.
 *
 * @param known how many waited when this was last asked
 */
export function exceedsBufferLimit({ buffered }: ExecutionState, known: number): boolean {
  if (!buffered.slice(known).some((each) => isSignal(each) || payloadBytesOf(each) > SMALL_BYTES)) {
    return false;
  }
  if (buffered.filter(isSignal).length > MAX_BUFFERED_SIGNALS) return true;
  return buffered.reduce((sum, each) => sum + payloadBytesOf(each), 0) > MAX_BUFFERED_BYTES;
}

/** Whether the workflow had better continue as new. */
export function shouldContinueAsNew(state: ExecutionState): boolean {
  const { nextEventId, historyBytes, updates, completedUpdates } = state;
  return (
    nextEventId - 1 >= SUGGEST_EVENTS ||
    historyBytes >= SUGGEST_BYTES ||
    updates.size + completedUpdates.size >= SUGGEST_UPDATES
  );
}

/**
 * The state with the size of the stored history. Whoever encodes the events of a decision calls
 * this before it encodes the state; if nobody does, sizes are not reported and not limited.
 */
export function withHistoryBytes(state: ExecutionState, historyBytes: number): ExecutionState {
  return { ...state, historyBytes };
}

function isSignal({ eventType }: BufferedEvent): boolean {
  return eventType === 'WorkflowExecutionSignaled';
}

/** Payloads of an event, those within failures aside. */
function payloadBytesOf({ attributes }: BufferedEvent): number {
  let bytes = 0;
  for (const value of Object.values(attributes)) {
    if (value instanceof Uint8Array) bytes += value.length;
  }
  return bytes;
}
