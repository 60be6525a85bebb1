/** How many bytes of payloads a request brings, about: what a transition may hold is limited. */
import type { EngineCommand } from '@perdure/engine';
import type { Command, Failure } from '@perdure/protocol';
import { commandBlobs, commandFailure, failureBlobs } from '@perdure/protocol';
import type { Request } from './request.ts';

/** Bytes of a request. */
export function weightOf(request: Request): number {
  if (request.kind === 'place' || request.kind === 'wake') return 0;
  const { command } = request;
  let weight = blobsOf(command) + weightOfParts(command);
  if ('commands' in command) for (const each of command.commands) weight += weightOfCommand(each);
  if ('results' in command) for (const each of command.results) weight += blobsOf(each);
  if ('failure' in command && command.failure) weight += weightOfFailure(command.failure);
  return weight;
}

/** Payloads that a command carries inside another thing. */
function weightOfParts(command: EngineCommand): number {
  switch (command.kind) {
    case 'startWorkflow': {
      const { message, userMetadata, chain } = command;
      return (
        (message ? blobsOf(message) + weightOfParts(message) : 0) +
        (userMetadata ? blobsOf(userMetadata) : 0) +
        (chain ? blobsOf(chain) : 0)
      );
    }
    case 'updateWorkflow':
      return blobsOf(command.request);
    case 'recordChildClosed': {
      const { outcome } = command;
      const failure = 'failure' in outcome ? weightOfFailure(outcome.failure) : 0;
      return blobsOf(outcome) + failure;
    }
    default:
      return 0;
  }
}

function weightOfCommand(command: Command): number {
  const failure = commandFailure(command);
  let weight = failure ? weightOfFailure(failure) : 0;
  for (const [, blob] of commandBlobs(command)) weight += blob.length;
  return weight;
}

function weightOfFailure(failure: Failure): number {
  let weight = 0;
  for (let each: Failure | undefined = failure; each; each = each.cause) {
    weight += (each.message?.length ?? 0) + (each.stackTrace?.length ?? 0);
  }
  for (const blob of failureBlobs(failure)) weight += blob.length;
  return weight;
}

function blobsOf(fields: object): number {
  let weight = 0;
  for (const value of Object.values(fields))
    if (value instanceof Uint8Array) weight += value.length;
  return weight;
}
