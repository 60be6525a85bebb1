/**
 * What leaves the sandbox, as objects of the host: classes of another realm look like strangers to
 * codecs (`instanceof Uint8Array`, `constructor === Object`), and nothing that user code can still
 * reach may be sent on.
 */
import type {
  CompiledRetryPolicy,
  DecodedFailure,
  DecodedFailureInfo,
  Payload,
} from '@perdure/common';
import type { ActivationResult, SandboxCommand, SandboxLogEntry } from '@perdure/workflow/runtime';
import { plainCopy } from './plain-copy.ts';
import type { StackMapper } from './source-maps.ts';

/** An activation's result for the host. */
export function takeOut(result: ActivationResult, stacks: StackMapper): ActivationResult {
  const logs = result.logs.map(takeOutLog);
  return result.kind === 'failed'
    ? { kind: 'failed', failure: stacks.mapFailure(takeOutFailure(result.failure)), logs }
    : {
        kind: 'completed',
        commands: result.commands.map((command) => takeOutCommand(command, stacks)),
        logs,
      };
}

function takeOutCommand(command: SandboxCommand, stacks: StackMapper): SandboxCommand {
  switch (command.kind) {
    case 'scheduleActivity':
      return {
        ...command,
        args: payloads(command.args),
        retryPolicy: command.retryPolicy && takeOutRetryPolicy(command.retryPolicy),
      };
    case 'completeWorkflow':
      return { kind: 'completeWorkflow', result: payloads(command.result) };
    case 'failWorkflow':
      return {
        kind: 'failWorkflow',
        failure: stacks.mapFailure(takeOutFailure(command.failure)),
      };
    default:
      return { ...command };
  }
}

function takeOutRetryPolicy(policy: CompiledRetryPolicy): CompiledRetryPolicy {
  return { ...policy, nonRetryableErrorTypes: Array.from(policy.nonRetryableErrorTypes) };
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
