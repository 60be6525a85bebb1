/** From what a run asks for to what travels: payloads sealed, failures sealed. */
import { type LoadedDataConverter, type MaybePromise, andThen } from '@perdure/data-converter';
import type { Command } from '@perdure/protocol';
import type { SandboxCommand } from '@perdure/workflow/runtime';
import type { RunPlace } from './history-jobs.ts';

/** The wire form of a command; at once unless user codecs are configured. */
export function toWireCommand(
  converter: LoadedDataConverter,
  place: RunPlace,
  command: SandboxCommand,
): MaybePromise<Command> {
  const { namespace, workflowId } = place;
  switch (command.kind) {
    case 'scheduleActivity': {
      const { kind: _kind, args, ...facts } = command;
      if (args.length === 0) return { commandType: 'ScheduleActivityTask', ...facts };
      const context = { namespace, workflowId, purpose: 'activity-input' } as const;
      return andThen(converter.toBlob(context, args), (input): Command => {
        return { commandType: 'ScheduleActivityTask', ...facts, input };
      });
    }
    case 'requestCancelActivity':
      return { commandType: 'RequestCancelActivityTask', activityId: command.activityId };
    case 'startTimer': {
      const { timerId, startToFireTimeoutMs } = command;
      return { commandType: 'StartTimer', timerId, startToFireTimeoutMs };
    }
    case 'cancelTimer':
      return { commandType: 'CancelTimer', timerId: command.timerId };
    case 'completeWorkflow': {
      const context = { namespace, workflowId, purpose: 'workflow-result' } as const;
      return andThen(converter.toBlob(context, command.result), (result): Command => {
        return { commandType: 'CompleteWorkflowExecution', result };
      });
    }
    case 'failWorkflow': {
      const sealed = converter.sealFailure({ namespace, workflowId }, command.failure);
      return andThen(sealed, (failure): Command => {
        return { commandType: 'FailWorkflowExecution', failure };
      });
    }
    case 'cancelWorkflow':
      return { commandType: 'CancelWorkflowExecution' };
  }
}

/** Whether a command closes the run. */
export function closesRun({ kind }: SandboxCommand): boolean {
  return kind === 'completeWorkflow' || kind === 'failWorkflow' || kind === 'cancelWorkflow';
}
