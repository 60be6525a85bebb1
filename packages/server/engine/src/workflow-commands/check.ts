/**
 * Whether the commands of a workflow task can all be recorded. A task is taken as a whole or not at
 * all, so everything is checked before anything is written.
 */
import {
  type Command,
  type CommandOf,
  type CommandType,
  type WorkflowTaskFailedCause,
  isCloseCommand,
} from '@perdure/protocol';
import { MAX_PENDING_ACTIVITIES } from '../policy/limits.ts';
import { normalizeRetryPolicy } from '../policy/retry.ts';
import { inferActivityTimeouts } from '../policy/timeouts.ts';
import type { ExecutionState } from '../state/execution-state.ts';

/** Why a completed workflow task is recorded as a failed one. */
export interface TaskRefusal {
  readonly cause: WorkflowTaskFailedCause;
  readonly message: string;
}

/** What the commands checked so far would have done. */
interface Ledger {
  readonly state: ExecutionState;
  /** Activity ids of the run; false when the outcome is already buffered. */
  readonly activityIds: Map<string, boolean>;
  scheduledActivities: number;
  /** Timers this task started (true) or cancelled (false). */
  readonly timers: Map<string, boolean>;
  /** Buffered TimerFired events that the task's CancelTimer commands take back. */
  takenBack: number;
}

/** Why the commands cannot be recorded; undefined when they can. */
export function refusalOf(
  state: ExecutionState,
  commands: readonly Command[],
): TaskRefusal | undefined {
  const ledger: Ledger = {
    state,
    activityIds: commands.some(namesActivity) ? activityIdsOf(state) : new Map(),
    scheduledActivities: 0,
    timers: new Map(),
    takenBack: 0,
  };
  const last = commands.length - 1;
  for (let i = 0; i <= last; i++) {
    const command = commands[i]!;
    const refusal = checkCommand(ledger, command);
    if (refusal) return refusal;
    if (i < last && isCloseCommand(command)) {
      return bad(`${command.commandType} must be the last command; ${last - i} more followed`);
    }
  }
  const closing = last >= 0 && isCloseCommand(commands[last]!);
  return closing && state.buffered.length > ledger.takenBack ? unhandled(state) : undefined;
}

type Check<T extends CommandType> = (
  ledger: Ledger,
  command: CommandOf<T>,
) => TaskRefusal | undefined;

const checks: { readonly [T in CommandType]?: Check<T> } = {
  ScheduleActivityTask: checkScheduleActivity,
  RequestCancelActivityTask: checkRequestCancelActivity,
  StartTimer: checkStartTimer,
  CancelTimer: checkCancelTimer,
  CompleteWorkflowExecution: () => undefined,
  FailWorkflowExecution: () => undefined,
  CancelWorkflowExecution: checkCancelWorkflow,
};

function checkCommand(ledger: Ledger, command: Command): TaskRefusal | undefined {
  const check = checks[command.commandType] as Check<CommandType> | undefined;
  return check ? check(ledger, command) : bad(`${command.commandType} is not supported yet`);
}

function checkScheduleActivity(
  ledger: Ledger,
  command: CommandOf<'ScheduleActivityTask'>,
): TaskRefusal | undefined {
  const { activityId, activityType, retryPolicy } = command;
  if (!activityId || !activityType) {
    return bad('ScheduleActivityTask needs an activityId and an activityType');
  }
  if (ledger.activityIds.get(activityId)) {
    return bad(`activity id ${activityId} is in use by a pending activity; use another`);
  }
  if (!inferActivityTimeouts(command, 0)) {
    return bad(
      `activity ${activityId} (${activityType}) needs a startToCloseTimeout or a ` +
        'scheduleToCloseTimeout; it has neither',
    );
  }
  if (retryPolicy && !normalizeRetryPolicy(retryPolicy)) {
    return bad(
      `the retry policy of activity ${activityId} needs a backoffCoefficient of at least 1 and a ` +
        'maximumInterval of at least the initialInterval',
    );
  }
  ledger.scheduledActivities += 1;
  ledger.activityIds.set(activityId, true);
  if (ledger.state.activities.size + ledger.scheduledActivities > MAX_PENDING_ACTIVITIES) {
    return {
      cause: 'PENDING_ACTIVITIES_LIMIT_EXCEEDED',
      message: `a run may have ${MAX_PENDING_ACTIVITIES} pending activities; schedule more when some have finished`,
    };
  }
  return undefined;
}

/**
 * An activity that settled while the task ran counts as known: the workflow could not have seen it.
 */
function checkRequestCancelActivity(
  ledger: Ledger,
  command: CommandOf<'RequestCancelActivityTask'>,
): TaskRefusal | undefined {
  if (ledger.activityIds.has(command.activityId)) return undefined;
  return bad(
    `RequestCancelActivityTask names activity ${command.activityId}, which is not pending`,
  );
}

function checkStartTimer(
  ledger: Ledger,
  command: CommandOf<'StartTimer'>,
): TaskRefusal | undefined {
  const { timerId } = command;
  if (!timerId) return bad('StartTimer needs a timerId');
  if (hasTimer(ledger, timerId)) {
    return bad(`timer id ${timerId} is in use by a pending timer; use another`);
  }
  ledger.timers.set(timerId, true);
  return undefined;
}

function checkCancelTimer(
  ledger: Ledger,
  command: CommandOf<'CancelTimer'>,
): TaskRefusal | undefined {
  const { timerId } = command;
  if (!hasTimer(ledger, timerId)) {
    return bad(`CancelTimer names timer ${timerId}, which is not pending`);
  }
  const untouched = !ledger.timers.has(timerId);
  if (untouched && ledger.state.timers.get(timerId)?.firedBuffered) ledger.takenBack += 1;
  ledger.timers.set(timerId, false);
  return undefined;
}

function checkCancelWorkflow(ledger: Ledger): TaskRefusal | undefined {
  if (ledger.state.cancelRequested) return undefined;
  return bad('CancelWorkflowExecution answers a cancel request, and there was none');
}

function hasTimer(ledger: Ledger, timerId: string): boolean {
  return ledger.timers.get(timerId) ?? ledger.state.timers.has(timerId);
}

function namesActivity(command: Command): boolean {
  return (
    command.commandType === 'ScheduleActivityTask' ||
    command.commandType === 'RequestCancelActivityTask'
  );
}

function activityIdsOf(state: ExecutionState): Map<string, boolean> {
  const ids = new Map<string, boolean>();
  for (const activity of state.activities.values()) {
    if (!activity.outcomeBuffered || !ids.has(activity.activityId)) {
      ids.set(activity.activityId, !activity.outcomeBuffered);
    }
  }
  return ids;
}

function bad(message: string): TaskRefusal {
  return { cause: 'BAD_COMMAND_ATTRIBUTES', message };
}

function unhandled(state: ExecutionState): TaskRefusal {
  return {
    cause: 'UNHANDLED_COMMAND',
    message: `${state.buffered.length} new event(s) came while the closing workflow task ran; it runs again with them`,
  };
}
