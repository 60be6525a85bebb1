/** From what a run asks for to what travels: payloads sealed, failures sealed. */
import type { LoadedDataConverter } from '@perdure/data-converter';
import type { Command } from '@perdure/protocol';
import type { SandboxCommand } from '@perdure/workflow/runtime';
import type { RunPlace } from './history-jobs.ts';

export async function toWireCommand(
  converter: LoadedDataConverter,
  place: RunPlace,
  command: SandboxCommand,
): Promise<Command> {
  const { namespace, workflowId } = place;
  switch (command.kind) {
    case 'scheduleActivity': {
      const { kind: _kind, args, ...facts } = command;
      const context = { namespace, workflowId, purpose: 'activity-input' } as const;
      const input = args.length > 0 ? await converter.toBlob(context, args) : undefined;
      return { commandType: 'ScheduleActivityTask', ...facts, input };
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
      const result = await converter.toBlob(context, command.result);
      return { commandType: 'CompleteWorkflowExecution', result };
    }
    case 'failWorkflow': {
      const failure = await converter.sealFailure({ namespace, workflowId }, command.failure);
      return { commandType: 'FailWorkflowExecution', failure };
    }
    case 'cancelWorkflow':
      return { commandType: 'CancelWorkflowExecution' };
  }
}

/** Whether a command closes the run. */
export function closesRun({ kind }: SandboxCommand): boolean {
  return kind === 'completeWorkflow' || kind === 'failWorkflow' || kind === 'cancelWorkflow';
}
