/** From what a run asks for to what travels: payloads sealed, failures sealed. */
import { type Headers, type Payload, headersToPayloads } from '@perdure/common';
import {
  type LoadedDataConverter,
  type MaybePromise,
  type PayloadPurpose,
  andThen,
} from '@perdure/data-converter';
import type { Command, PayloadBlob } from '@perdure/protocol';
import type { SandboxCommand } from '@perdure/workflow/runtime';
import type { RunPlace } from './history-jobs.ts';
import { type LocalActivityResolution, localActivityCommand, patchCommand } from './markers.ts';

/** What a workflow task asks for: commands of the sandbox, and markers of local activities. */
export type TaskCommand =
  | Exclude<SandboxCommand, { kind: 'scheduleLocalActivity' | 'requestCancelLocalActivity' }>
  | ({ readonly kind: 'recordLocalActivity' } & LocalActivityResolution);

type CommandOfKind<K extends TaskCommand['kind']> = Extract<TaskCommand, { kind: K }>;

/** The wire form of a command; at once for the most frequent, unless user codecs are configured. */
export function toWireCommand(
  converter: LoadedDataConverter,
  place: RunPlace,
  command: TaskCommand,
): MaybePromise<Command> {
  const seal = new Sealer(converter, place);
  switch (command.kind) {
    case 'scheduleActivity':
      return activityCommand(seal, command);
    case 'requestCancelActivity':
      return { commandType: 'RequestCancelActivityTask', activityId: command.activityId };
    case 'startTimer':
      return timerCommand(seal, command);
    case 'cancelTimer':
      return { commandType: 'CancelTimer', timerId: command.timerId };
    case 'completeWorkflow':
      return andThen(seal.list('workflow-result', command.result), (result): Command => {
        return { commandType: 'CompleteWorkflowExecution', result };
      });
    case 'failWorkflow':
      return andThen(converter.sealFailure(place, command.failure), (failure): Command => {
        return { commandType: 'FailWorkflowExecution', failure };
      });
    case 'cancelWorkflow':
      return { commandType: 'CancelWorkflowExecution' };
    case 'continueAsNew':
      return continueAsNewCommand(seal, command);
    case 'startChildWorkflow':
      return childCommand(new Sealer(converter, { ...place, ...targetOf(command) }), command);
    case 'signalExternalWorkflow':
      return signalCommand(new Sealer(converter, { ...place, ...command.target }), command);
    case 'requestCancelExternalWorkflow': {
      const { target, childWorkflowOnly } = command;
      return {
        commandType: 'RequestCancelExternalWorkflowExecution',
        ...target,
        childWorkflowOnly,
      };
    }
    case 'setPatchMarker':
      return patchCommand(converter, place, command);
    case 'recordLocalActivity':
      return localActivityCommand(converter, place, command);
    case 'upsertSearchAttributes':
      return {
        commandType: 'UpsertWorkflowSearchAttributes',
        searchAttributes: command.fields,
      };
    case 'modifyWorkflowProperties':
      return memoCommand(seal, command);
    default:
      return updateCommand(seal, command);
  }
}

/** Whether a command closes the run. */
export function closesRun({ kind }: TaskCommand): boolean {
  switch (kind) {
    case 'completeWorkflow':
    case 'failWorkflow':
    case 'cancelWorkflow':
    case 'continueAsNew':
      return true;
    default:
      return false;
  }
}

/** Whether a command becomes an event of the history: all do but refusals of updates. */
export function leavesEvent({ kind }: TaskCommand): boolean {
  return kind !== 'rejectUpdate';
}

/** Seals what belongs to one workflow. */
class Sealer {
  readonly converter: LoadedDataConverter;
  readonly place: RunPlace;

  constructor(converter: LoadedDataConverter, place: RunPlace) {
    this.converter = converter;
    this.place = place;
  }

  list(purpose: PayloadPurpose, payloads: readonly Payload[]): MaybePromise<PayloadBlob> {
    const { namespace, workflowId } = this.place;
    return this.converter.toBlob({ namespace, workflowId, purpose }, payloads);
  }

  /** No blob for no payloads. */
  async some(
    purpose: PayloadPurpose,
    payloads: readonly Payload[] | undefined,
  ): Promise<PayloadBlob | undefined> {
    return payloads && payloads.length > 0 ? this.list(purpose, payloads) : undefined;
  }

  async header(headers: Headers | undefined): Promise<PayloadBlob | undefined> {
    return headers && this.list('header', headersToPayloads(headers));
  }

  async userMetadata(summary: readonly Payload[] | undefined, details?: readonly Payload[]) {
    if (!summary && !details) return undefined;
    return {
      summary: await this.some('user-metadata', summary),
      details: await this.some('user-metadata', details),
    };
  }
}

function activityCommand(
  seal: Sealer,
  command: CommandOfKind<'scheduleActivity'>,
): MaybePromise<Command> {
  const { kind: _kind, args, headers, summary, callStack: _callStack, ...facts } = command;
  const input = args.length === 0 ? undefined : seal.list('activity-input', args);
  const commandType = 'ScheduleActivityTask';
  if (!headers && !summary)
    return andThen(input, (blob) => ({ commandType, ...facts, input: blob }));
  return (async (): Promise<Command> => ({
    commandType,
    ...facts,
    input: await input,
    header: await seal.header(headers),
    userMetadata: await seal.userMetadata(summary),
  }))();
}

function timerCommand(seal: Sealer, command: CommandOfKind<'startTimer'>): MaybePromise<Command> {
  const { timerId, startToFireTimeoutMs, summary } = command;
  const timer = { commandType: 'StartTimer', timerId, startToFireTimeoutMs } as const;
  if (!summary) return timer;
  return seal.userMetadata(summary).then((userMetadata) => ({ ...timer, userMetadata }));
}

function targetOf({ workflowId }: CommandOfKind<'startChildWorkflow'>) {
  return { workflowId };
}

/** What the child is to read is sealed for the child. */
async function childCommand(
  seal: Sealer,
  command: CommandOfKind<'startChildWorkflow'>,
): Promise<Command> {
  const { kind: _kind, seq: _seq, args, headers, memo, summary, details, ...facts } = command;
  return {
    commandType: 'StartChildWorkflowExecution',
    ...facts,
    input: await seal.some('workflow-input', args),
    header: await seal.header(headers),
    memo: await seal.some('memo', memo),
    userMetadata: await seal.userMetadata(summary, details),
  };
}

async function signalCommand(
  seal: Sealer,
  command: CommandOfKind<'signalExternalWorkflow'>,
): Promise<Command> {
  const { target, childWorkflowOnly, signalName } = command;
  return {
    commandType: 'SignalExternalWorkflowExecution',
    ...target,
    childWorkflowOnly,
    signalName,
    input: await seal.some('signal', command.args),
    header: await seal.header(command.headers),
  };
}

async function continueAsNewCommand(
  seal: Sealer,
  command: CommandOfKind<'continueAsNew'>,
): Promise<Command> {
  const { kind: _kind, args, headers, memo, initialVersioningBehavior: _later, ...facts } = command;
  return {
    commandType: 'ContinueAsNewWorkflowExecution',
    ...facts,
    input: await seal.some('workflow-input', args),
    header: await seal.header(headers),
    memo: await seal.some('memo', memo),
  };
}

async function memoCommand(
  seal: Sealer,
  { upsertedMemo, memo }: CommandOfKind<'modifyWorkflowProperties'>,
): Promise<Command> {
  return {
    commandType: 'ModifyWorkflowProperties',
    upsertedMemo: await seal.list('memo', upsertedMemo),
    memo: await seal.list('memo', memo),
  };
}

async function updateCommand(
  seal: Sealer,
  command: CommandOfKind<'acceptUpdate' | 'rejectUpdate' | 'completeUpdate'>,
): Promise<Command> {
  const updateId = command.protocolInstanceId;
  const { converter, place } = seal;
  switch (command.kind) {
    case 'acceptUpdate':
      return { commandType: 'AcceptUpdate', updateId };
    case 'rejectUpdate': {
      const failure = await converter.sealFailure(place, command.failure);
      return { commandType: 'RejectUpdate', updateId, failure };
    }
    case 'completeUpdate': {
      const { outcome } = command;
      if (outcome.kind === 'completed') {
        const result = await seal.list('update-result', outcome.result);
        return { commandType: 'CompleteUpdate', updateId, result };
      }
      const failure = await converter.sealFailure(place, outcome.failure);
      return { commandType: 'CompleteUpdate', updateId, failure };
    }
  }
}
