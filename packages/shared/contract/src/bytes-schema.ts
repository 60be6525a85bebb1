import { z } from 'zod';

/** Opaque bytes: as they are over MessagePack, base64 text over JSON. */
export const bytesSchema = z.union([
  z.instanceof(Uint8Array),
  z.base64().transform((text) => Uint8Array.from(Buffer.from(text, 'base64'))),
]);
