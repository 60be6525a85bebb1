import type { PayloadCodec } from './payload-codec.ts';

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
