/**
 * What leaves the sandbox, as objects of the host: classes of another realm look like strangers to
 * codecs (`instanceof Uint8Array`, `constructor === Object`), and nothing that user code can still
 * reach may be sent on.
 */
import type { DecodedFailure, DecodedFailureInfo, Payload } from '@perdure/common';
import type {
  ActivationResult,
  QueryAnswer,
  SandboxCommand,
  SandboxLogEntry,
} from '@perdure/workflow/runtime';
import { plainCopy } from './plain-copy.ts';
import type { StackMapper } from './source-maps.ts';

/** An activation's result for the host. */
export function takeOut(result: ActivationResult, stacks: StackMapper): ActivationResult {
  const { sinkCalls } = result;
  const told = {
    logs: result.logs.map(takeOutLog),
    sinkCalls: sinkCalls?.length ? sinkCalls.map((call) => plainCopy(call)) : undefined,
  };
  if (result.kind === 'failed') {
    return { kind: 'failed', failure: stacks.mapFailure(takeOutFailure(result.failure)), ...told };
  }
  const { commands, answers, versioningBehavior } = result;
  return {
    kind: 'completed',
    commands: commands.map((command) => takeOutCommand(command, stacks)),
    answers: answers?.map((answer) => takeOutAnswer(answer, stacks)),
    versioningBehavior,
    ...told,
  };
}

function takeOutCommand(command: SandboxCommand, stacks: StackMapper): SandboxCommand {
  const taken = takeOutFacts(command, stacks);
  const { callStack } = taken;
  return callStack === undefined ? taken : { ...taken, callStack: stacks.mapStack(callStack) };
}

function takeOutFacts(command: SandboxCommand, stacks: StackMapper): SandboxCommand {
  switch (command.kind) {
    // The most frequent, without a look at what cannot be there.
    case 'scheduleActivity':
      return takeOutActivity(command);
    case 'cancelTimer':
      return { ...command };
    case 'completeWorkflow':
      return { ...command, result: payloads(command.result) };
    case 'failWorkflow':
    case 'rejectUpdate':
      return { ...command, failure: stacks.mapFailure(takeOutFailure(command.failure)) };
    case 'completeUpdate':
      return { ...command, outcome: takeOutOutcome(command.outcome, stacks) };
    default:
      return plainData(command);
  }
}

type ScheduleActivity = Extract<SandboxCommand, { kind: 'scheduleActivity' }>;

function takeOutActivity(command: ScheduleActivity): ScheduleActivity {
  const { args, headers, retryPolicy, priority, summary } = command;
  const taken = { ...command, args: payloads(args) };
  if (!headers && !retryPolicy && !priority && !summary) return taken;
  return {
    ...taken,
    headers: plainData(headers),
    retryPolicy: plainData(retryPolicy),
    priority: plainData(priority),
    summary: plainData(summary),
  };
}

type UpdateOutcome = Extract<SandboxCommand, { kind: 'completeUpdate' }>['outcome'];

function takeOutOutcome(outcome: UpdateOutcome, stacks: StackMapper): UpdateOutcome {
  return outcome.kind === 'completed'
    ? { kind: 'completed', result: payloads(outcome.result) }
    : { kind: 'failed', failure: stacks.mapFailure(takeOutFailure(outcome.failure)) };
}

function takeOutAnswer(answer: QueryAnswer, stacks: StackMapper): QueryAnswer {
  return answer.kind === 'answered'
    ? { ...answer, result: payloads(answer.result) }
    : { ...answer, failure: stacks.mapFailure(takeOutFailure(answer.failure)) };
}

/** A deep copy of plain objects, lists and bytes; what commands are made of. */
function plainData<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  if (ArrayBuffer.isView(value)) return bytes(value as unknown as Uint8Array) as T;
  if (Array.isArray(value)) return Array.from(value, plainData) as T;
  const copy: Record<string, unknown> = {};
  for (const key in value) copy[key] = plainData(value[key]);
  return copy as T;
}

function takeOutFailure(failure: DecodedFailure): DecodedFailure {
  const { info, cause } = failure;
  return { ...failure, info: takeOutInfo(info), cause: cause && takeOutFailure(cause) };
}

function takeOutInfo(info: DecodedFailureInfo): DecodedFailureInfo {
  switch (info.kind) {
    case 'application':
    case 'canceled':
      return { ...info, details: info.details && payloads(info.details) };
    case 'timeout':
      return {
        ...info,
        lastHeartbeatDetails: info.lastHeartbeatDetails && payloads(info.lastHeartbeatDetails),
      };
    default:
      return { ...info };
  }
}

function payloads(list: readonly Payload[]): Payload[] {
  const out: Payload[] = [];
  for (const payload of list) out.push(takeOutPayload(payload));
  return out;
}

function takeOutPayload(payload: Payload): Payload {
  const metadata: Record<string, Uint8Array> = {};
  for (const key in payload.metadata) metadata[key] = bytes(payload.metadata[key] as Uint8Array);
  return { metadata, data: bytes(payload.data) };
}

/** The same memory: converters make their own, which workflow code never holds. */
function bytes(value: Uint8Array): Uint8Array {
  return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
}

function takeOutLog(entry: SandboxLogEntry): SandboxLogEntry {
  return { ...entry, meta: plainCopy(entry.meta) };
}
