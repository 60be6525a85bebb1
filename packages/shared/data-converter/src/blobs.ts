/**
 * Lists of payloads to blobs and back: sealed where there is a key ring, plain where there is none.
 * Reading takes both as long as it can, so that a namespace can move from one to the other.
 */
import { type Payload } from '@perdure/common';
import { type PayloadBlob, decodePlainBlob, encodePlainBlob, isSealed } from '@perdure/protocol';
import { Binding, type PayloadContext, bindingOf } from './context.ts';
import { open, seal } from './envelope.ts';
import { PayloadOpenError } from './errors.ts';
import type { KeyRing } from './key-ring.ts';

/** How blobs are made and read. */
export interface BlobOptions {
  readonly keyRing?: KeyRing;
  /** What to do with a blob in the clear. */
  readonly plaintext: 'accept' | 'refuse';
}

const EITHER = [Binding.WORKFLOW, Binding.NAMESPACE] as const;

/** A blob for one place; sealed with the primary key, or plain without a ring. */
export function toBlob(
  { keyRing }: BlobOptions,
  context: PayloadContext,
  binding: Binding,
  payloads: readonly Payload[],
): PayloadBlob {
  const plain = encodePlainBlob(payloads.map(ofThisRealm));
  return keyRing ? seal(keyRing.primary(), context, binding, plain) : plain;
}

/**
 * The payloads of a blob.
 *
 * @param inFailure whether the blob stands in a failure, where a heartbeat's details may be as the
 * worker sealed them (the server copied them there) or sealed anew with a failure that travelled
 * @throws PayloadOpenError
 */
export function fromBlob(
  options: BlobOptions,
  context: PayloadContext,
  inFailure: boolean,
  blob: PayloadBlob,
): Payload[] {
  if (isSealed(blob)) {
    const { keyRing } = options;
    if (!keyRing) throw noKeyRing(context);
    const accepted =
      inFailure && context.purpose === 'heartbeat' ? EITHER : [bindingOf(context.purpose)];
    return payloadsOf(context, open(keyRing, context, accepted, blob));
  }
  if (options.plaintext === 'accept') return payloadsOf(context, blob);
  throw new PayloadOpenError(
    'PLAINTEXT_REFUSED',
    context,
    "it is in the clear, and this data converter takes sealed payloads only (plaintext: 'refuse')",
  );
}

function payloadsOf(context: PayloadContext, plain: Uint8Array): Payload[] {
  try {
    return decodePlainBlob(plain);
  } catch {
    // The parser's reason may quote plaintext.
    throw new PayloadOpenError(
      'MALFORMED',
      context,
      `its ${plain.length} bytes are not a list of payloads: was it written by a Perdure SDK?`,
    );
  }
}

function noKeyRing(context: PayloadContext): PayloadOpenError {
  return new PayloadOpenError(
    'NO_KEY_RING',
    context,
    'it is sealed, and no key ring is configured: set PERDURE_KEYRING to the key ring of the client ' +
      'or worker that sealed it',
  );
}

/** Bytes made in the workflow sandbox are of another class, which MessagePack would not know. */
function ofThisRealm(payload: Payload): Payload {
  const { metadata, data } = payload;
  let familiar = data instanceof Uint8Array;
  for (const name in metadata) familiar &&= metadata[name] instanceof Uint8Array;
  if (familiar) return payload;
  const entries = Object.entries(metadata).map(([name, value]) => [name, new Uint8Array(value)]);
  return { metadata: Object.fromEntries(entries), data: new Uint8Array(data) };
}
