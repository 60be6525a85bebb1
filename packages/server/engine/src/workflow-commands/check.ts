/**
 * Whether the commands of a workflow task can all be recorded. A task is taken as a whole or not at
 * all, so everything is checked before anything is written.
 */
import {
  type Command,
  type CommandOf,
  type CommandType,
  badCommandCauses,
  isCloseCommand,
} from '@perdure/protocol';
import type { ExecutionState } from '../state/execution-state.ts';
import {
  checkCancelExternal,
  checkSignalExternal,
  checkStartChild,
} from './check-other-workflows.ts';
import {
  checkAnswerUpdate,
  checkCancelWorkflow,
  checkCompleteUpdate,
  checkContinueAsNew,
  checkModifyProperties,
  checkRecordMarker,
  checkSearchAttributes,
} from './check-run.ts';
import {
  checkCancelTimer,
  checkRequestCancelActivity,
  checkScheduleActivity,
  checkStartTimer,
} from './check-steps.ts';
import { type Ledger, openLedger } from './ledger.ts';
import { type TaskRefusal, refusal } from './refusal.ts';

/** Why the commands cannot be recorded; undefined when they can. */
export function refusalOf(
  state: ExecutionState,
  commands: readonly Command[],
): TaskRefusal | undefined {
  const ledger = openLedger(state, commands);
  const last = commands.length - 1;
  for (let i = 0; i <= last; i++) {
    const command = commands[i]!;
    const refused = checkCommand(ledger, command);
    if (refused) return refused;
    if (i < last && isCloseCommand(command)) return notLast(command, last - i);
  }
  const closing = last >= 0 && isCloseCommand(commands[last]!);
  return closing && state.buffered.length > ledger.takenBack ? unhandled(state) : undefined;
}

type Check<T extends CommandType> = (
  ledger: Ledger,
  command: CommandOf<T>,
) => TaskRefusal | undefined;

const checks: { readonly [T in CommandType]: Check<T> } = {
  ScheduleActivityTask: checkScheduleActivity,
  RequestCancelActivityTask: checkRequestCancelActivity,
  StartTimer: checkStartTimer,
  CancelTimer: checkCancelTimer,
  CompleteWorkflowExecution: () => undefined,
  FailWorkflowExecution: () => undefined,
  CancelWorkflowExecution: checkCancelWorkflow,
  StartChildWorkflowExecution: checkStartChild,
  RequestCancelExternalWorkflowExecution: checkCancelExternal,
  SignalExternalWorkflowExecution: checkSignalExternal,
  RecordMarker: checkRecordMarker,
  ContinueAsNewWorkflowExecution: checkContinueAsNew,
  UpsertWorkflowSearchAttributes: checkSearchAttributes,
  ModifyWorkflowProperties: checkModifyProperties,
  AcceptUpdate: checkAnswerUpdate,
  RejectUpdate: checkAnswerUpdate,
  CompleteUpdate: checkCompleteUpdate,
};

function checkCommand(ledger: Ledger, command: Command): TaskRefusal | undefined {
  return (checks[command.commandType] as Check<CommandType>)(ledger, command);
}

function notLast({ commandType }: Command, more: number): TaskRefusal {
  const message = `${commandType} must be the last command; ${more} more followed`;
  return refusal(badCommandCauses[commandType], message);
}

function unhandled(state: ExecutionState): TaskRefusal {
  return refusal(
    'UNHANDLED_COMMAND',
    `${state.buffered.length} new event(s) came while the closing workflow task ran; it runs again with them`,
  );
}
