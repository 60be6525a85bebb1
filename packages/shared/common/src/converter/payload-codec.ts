import type { Payload } from './payload.ts';

/**
 * A transformation of payloads that runs outside the sandbox, between the payload converter and
 * sealing: compression, encryption of one's own, storage elsewhere. Several are applied in array
 * order on the way out and in reverse order on the way in.
 */
export interface PayloadCodec {
  encode(payloads: Payload[]): Promise<Payload[]>;
  /** Undoes {@link encode}; payloads that it did not make are to be returned unchanged. */
  decode(payloads: Payload[]): Promise<Payload[]>;
}
