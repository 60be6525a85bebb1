/**
 * Values to payloads to blobs, in the host process: user codecs, compression, sealing with the key
 * ring, and the way back. The workflow sandbox never loads this, and the server never holds a key.
 */
export {
  type FailureContext,
  type PayloadContext,
  type PayloadPurpose,
  payloadPurposes,
} from './context.ts';
export { type EnvelopeHeader, readEnvelopeHeader } from './envelope.ts';
export { KeyRingError, PayloadOpenError, type PayloadOpenReason } from './errors.ts';
export {
  type KeyRing,
  type KeyRingDocument,
  type RingKey,
  createKeyRing,
  formatKeyRing,
  generateKeyRing,
  isInlineKeyRing,
  parseKeyRing,
} from './key-ring.ts';
export { loadKeyRing, loadKeyRingFile, writeKeyRingFile } from './key-ring-file.ts';
export {
  type LoadDataConverterOptions,
  type LoadedDataConverter,
  loadDataConverter,
} from './loaded-data-converter.ts';
export { type MaybePromise, andThen, whenAll } from './maybe-promise.ts';
