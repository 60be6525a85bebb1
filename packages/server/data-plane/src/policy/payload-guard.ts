/**
 * What the server checks of payloads it cannot read: that they are sealed where the namespace says
 * so, and not too large. Runs before anything is decided, so a refused payload is never stored.
 */
import { PerdureServiceError } from '@perdure/common';
import {
  type Command,
  type Completion,
  type Failure,
  MAX_BLOB_BYTES,
  type PayloadBlob,
  commandBlobs,
  commandFailure,
  failureBlobs,
  hasClearText,
  isSealed,
} from '@perdure/protocol';
import { checkCommandFields, checkFailureFields } from './command-guard.ts';

/** How a namespace wants its payloads. */
export interface PayloadRules {
  /** Refuse payloads and failure texts in the clear. */
  readonly sealed: boolean;
}

/** @throws PerdureServiceError PLAINTEXT_REFUSED or PAYLOAD_TOO_LARGE */
export function checkBlobs(
  rules: PayloadRules,
  blobs: Readonly<Record<string, PayloadBlob | undefined>>,
): void {
  for (const [field, blob] of Object.entries(blobs)) if (blob) checkBlob(rules, field, blob);
}

/** @throws PerdureServiceError PLAINTEXT_REFUSED, PAYLOAD_TOO_LARGE or INVALID_ARGUMENT */
export function checkFailure(rules: PayloadRules, failure: Failure): void {
  for (const blob of blobsOf(failure)) checkBlob(rules, 'failure', blob);
  checkFailureFields(failure);
  if (rules.sealed && hasClearText(failure)) throw plaintext('failure');
}

/** @throws PerdureServiceError PLAINTEXT_REFUSED, PAYLOAD_TOO_LARGE or INVALID_ARGUMENT */
export function checkCompletion(rules: PayloadRules, completion: Completion): void {
  switch (completion.kind) {
    case 'workflowTaskCompleted':
      return completion.commands.forEach((command) => checkCommand(rules, command));
    case 'workflowTaskFailed':
    case 'activityFailed':
      return checkFailure(rules, completion.failure);
    case 'activityCompleted':
      return checkBlobs(rules, { result: completion.result });
    case 'activityCanceled':
      return checkBlobs(rules, { details: completion.details });
    case 'activityDetached':
    case 'workflowTaskConfirmed':
      return;
    case 'step':
      for (const { result } of completion.results) checkBlobs(rules, { result });
      completion.commands.forEach((command) => checkCommand(rules, command));
  }
}

/** @throws PerdureServiceError PLAINTEXT_REFUSED, PAYLOAD_TOO_LARGE or INVALID_ARGUMENT */
export function checkCommand(rules: PayloadRules, command: Command): void {
  checkCommandFields(command);
  const failure = commandFailure(command);
  if (failure) checkFailure(rules, failure);
  for (const [field, blob] of commandBlobs(command)) checkBlob(rules, field, blob);
}

/** @throws PerdureServiceError INVALID_ARGUMENT when there are too many causes */
function blobsOf(failure: Failure): PayloadBlob[] {
  try {
    return [...failureBlobs(failure)];
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new PerdureServiceError('INVALID_ARGUMENT', error.message, { field: 'failure' });
  }
}

function checkBlob(rules: PayloadRules, field: string, blob: PayloadBlob): void {
  if (rules.sealed && !isSealed(blob)) throw plaintext(field);
  if (blob.length <= MAX_BLOB_BYTES) return;
  throw new PerdureServiceError(
    'PAYLOAD_TOO_LARGE',
    `'${field}' has ${blob.length} bytes, more than the ${MAX_BLOB_BYTES} a payload may have; keep large data elsewhere and pass a reference`,
    { field },
  );
}

function plaintext(field: string): PerdureServiceError {
  return new PerdureServiceError(
    'PLAINTEXT_REFUSED',
    `'${field}' came in plaintext and this namespace is sealed: nothing was stored. Give client and worker a key ring (PERDURE_KEYRING=path/to/keyring.json, made by 'perdure keyring create'), or create the namespace with sealed: false`,
    { field },
  );
}
