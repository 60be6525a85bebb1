/** Writes the events of a workflow task's commands, which `check` has found to be in order. */
import type { Command, CommandOf, CommandType } from '@perdure/protocol';
import type { Draft } from '../draft.ts';
import { acceptUpdate, completeUpdate, rejectUpdate } from '../machines/update.ts';
import { type Closing, recordComplete, recordContinueAsNew, recordFail } from './record-close.ts';
import {
  recordCancelExternal,
  recordSignalExternal,
  recordStartChild,
} from './record-other-workflows.ts';
import {
  recordCancelTimer,
  recordRequestCancelActivity,
  recordScheduleActivity,
  recordStartTimer,
} from './record-steps.ts';
import type { Recording } from './recording.ts';

/** Writes the events of commands in command order (semantics, rules 2 and 3). */
export function recordCommands(
  draft: Draft,
  commands: readonly Command[],
  task: {
    readonly workflowTaskCompletedEventId: number;
    readonly identity: string;
    readonly closing: Closing | undefined;
  },
): void {
  const recording: Recording = { draft, ...task, activityIds: undefined };
  for (const command of commands) {
    (recorders[command.commandType] as Recorder<CommandType>)(recording, command);
  }
}

type Recorder<T extends CommandType> = (recording: Recording, command: CommandOf<T>) => void;

const recorders: { readonly [T in CommandType]: Recorder<T> } = {
  ScheduleActivityTask: recordScheduleActivity,
  RequestCancelActivityTask: recordRequestCancelActivity,
  StartTimer: recordStartTimer,
  CancelTimer: recordCancelTimer,
  CompleteWorkflowExecution: recordComplete,
  FailWorkflowExecution: recordFail,
  CancelWorkflowExecution({ draft, workflowTaskCompletedEventId }, { details }) {
    draft.emit('WorkflowExecutionCanceled', { workflowTaskCompletedEventId, details });
  },
  StartChildWorkflowExecution: recordStartChild,
  RequestCancelExternalWorkflowExecution: recordCancelExternal,
  SignalExternalWorkflowExecution: recordSignalExternal,
  RecordMarker({ draft, workflowTaskCompletedEventId }, { markerName, details, header, failure }) {
    draft.emit('MarkerRecorded', {
      markerName,
      details,
      workflowTaskCompletedEventId,
      header,
      failure,
    });
  },
  ContinueAsNewWorkflowExecution: recordContinueAsNew,
  UpsertWorkflowSearchAttributes({ draft, workflowTaskCompletedEventId }, { searchAttributes }) {
    draft.emit('UpsertWorkflowSearchAttributes', {
      workflowTaskCompletedEventId,
      searchAttributes,
    });
  },
  ModifyWorkflowProperties({ draft, workflowTaskCompletedEventId }, { upsertedMemo, memo }) {
    draft.emit('WorkflowPropertiesModified', { workflowTaskCompletedEventId, upsertedMemo, memo });
  },
  AcceptUpdate({ draft }, { updateId }) {
    acceptUpdate(draft, draft.state.updates.get(updateId)!);
  },
  RejectUpdate({ draft }, { updateId, failure }) {
    rejectUpdate(draft, draft.state.updates.get(updateId)!, failure);
  },
  CompleteUpdate({ draft }, { updateId, result, failure }) {
    completeUpdate(draft, draft.state.updates.get(updateId)!, { result, failure });
  },
};
