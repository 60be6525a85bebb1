import { PayloadConverterError, ValueError, defineSymbolErrorClass } from '@perdure/common';
import { type PayloadContext, describeContext } from './context.ts';

/** Why a blob could not be opened. */
export type PayloadOpenReason =
  /** It is sealed and there is no key ring. */
  | 'NO_KEY_RING'
  /** The ring does not hold the key that the envelope names. */
  | 'UNKNOWN_KEY'
  /** The ring holds another key under that id. */
  | 'WRONG_KEY'
  /** Altered, or sealed for another field, workflow or namespace. */
  | 'NOT_AUTHENTIC'
  /** Not a payload blob, or made by a newer version. */
  | 'MALFORMED'
  /** It would inflate to more than the limit. */
  | 'TOO_LARGE'
  /** It is in the clear, and this converter takes sealed blobs only. */
  | 'PLAINTEXT_REFUSED';

/** A blob from the server could not be opened. Holds names and ids, never keys or plaintext. */
export class PayloadOpenError extends PayloadConverterError {
  readonly reason: PayloadOpenReason;
  readonly context: PayloadContext;
  /** The key that the envelope names, where there is one. */
  readonly keyId: string | undefined;

  constructor(
    reason: PayloadOpenReason,
    context: PayloadContext,
    explanation: string,
    keyId?: string,
  ) {
    super(`cannot open ${describeContext(context)}: ${explanation}`);
    this.reason = reason;
    this.context = context;
    this.keyId = keyId;
  }
}
defineSymbolErrorClass('PayloadOpenError')(PayloadOpenError);

/** A key ring is missing, malformed or in the way. Never holds key bytes. */
export class KeyRingError extends ValueError {}
defineSymbolErrorClass('KeyRingError')(KeyRingError);
