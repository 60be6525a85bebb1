/**
 * What is too large to be sent, found out before it is sent: the server would refuse it, and a frame
 * over the limit would cost the connection.
 */
import { ApplicationFailure } from '@perdure/common';
import { type Command, type Failure, MAX_BLOB_BYTES, failureBlobs } from '@perdure/protocol';

const TOO_LARGE = 'PAYLOAD_TOO_LARGE';

/** Largest sum of payloads of one kind in a completion, so that it fits a frame of 16 MiB. */
export const MAX_COMPLETION_BYTES = 7 * 1024 * 1024;

/** @throws ApplicationFailure PAYLOAD_TOO_LARGE */
export function checkBlobSize(what: string, blob: Uint8Array | undefined): void {
  if (blob !== undefined && blob.length > MAX_BLOB_BYTES) {
    throw tooLarge(what, blob.length, MAX_BLOB_BYTES);
  }
}

/** @throws ApplicationFailure PAYLOAD_TOO_LARGE for one payload, or for all together */
export function checkCommandSizes(commands: readonly Command[]): void {
  let sum = 0;
  for (const command of commands) {
    for (const blob of blobsOf(command)) {
      checkBlobSize(`a payload of ${command.commandType}`, blob);
      sum += blob.length;
    }
  }
  if (sum <= MAX_COMPLETION_BYTES) return;
  throw tooLarge('the payloads of one workflow task together', sum, MAX_COMPLETION_BYTES);
}

/** @throws ApplicationFailure PAYLOAD_TOO_LARGE for one result, or for all together */
export function checkResultSizes(results: readonly Uint8Array[]): void {
  let sum = 0;
  for (const result of results) {
    checkBlobSize('the result of the activity', result);
    sum += result.length;
  }
  if (sum > MAX_COMPLETION_BYTES) throw tooLarge('the results', sum, MAX_COMPLETION_BYTES);
}

/** Whether something was thrown by a check of this module. */
export function isTooLarge(error: unknown): boolean {
  return error instanceof ApplicationFailure && error.type === TOO_LARGE;
}

/** Whether a failure can be sent. */
export function fits(failure: Failure): boolean {
  let sum = 0;
  for (const blob of failureBlobs(failure)) sum += blob.length;
  return sum <= MAX_BLOB_BYTES;
}

function* blobsOf(command: Command): Generator<Uint8Array> {
  if (command.commandType === 'FailWorkflowExecution') yield* failureBlobs(command.failure);
  else if ('input' in command && command.input) yield command.input;
  else if ('result' in command && command.result) yield command.result;
}

function tooLarge(what: string, bytes: number, most: number): ApplicationFailure {
  return ApplicationFailure.create({
    type: TOO_LARGE,
    message: `${what} takes ${bytes} bytes, more than the ${most} allowed; keep large data elsewhere and pass a reference`,
  });
}
