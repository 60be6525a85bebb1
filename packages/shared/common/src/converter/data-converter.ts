import { type FailureConverter, defaultFailureConverter } from './failure-converter.ts';
import type { PayloadCodec } from './payload-codec.ts';
import { type PayloadConverter, defaultPayloadConverter } from './payload-converter.ts';

/**
 * How a client or worker turns values into payloads and back. The two converters are named by path
 * because they are also bundled into the workflow sandbox; codecs stay in the host.
 */
export interface DataConverter {
  /** Absolute path or file URL of a module that exports `payloadConverter`. */
  payloadConverterPath?: string;
  /** Absolute path or file URL of a module that exports `failureConverter`. */
  failureConverterPath?: string;
  /** Default none. */
  payloadCodecs?: PayloadCodec[];
}

/** A data converter with its parts at hand. */
export interface LoadedDataConverter {
  readonly payloadConverter: PayloadConverter;
  readonly failureConverter: FailureConverter;
  readonly payloadCodecs: readonly PayloadCodec[];
}

/** The one used where no other is named; sealing comes after it and is not part of it. */
export const defaultDataConverter: LoadedDataConverter = {
  payloadConverter: defaultPayloadConverter,
  failureConverter: defaultFailureConverter,
  payloadCodecs: [],
};
