/**
 * MessagePack for two ends of one process that read each other's every message, in order: the names
 * of an object's fields travel with the first object of its shape and never again, which makes it
 * several times faster than a structured clone. Nothing that is stored, or read by others, has this
 * form. Loads without the rest of this package.
 */
import { Packr } from 'msgpackr';

/** One end: writes the messages of one direction, or reads them. */
export interface RecordStream {
  /**
   * Bytes of a value; good until the next call.
   *
   * @throws Error for a value that has none (a symbol, say); the stream is then of no use any more
   */
  pack(value: unknown): Uint8Array;
  /** The value of the first bytes of an array. What is binary in it is copied. */
  unpack(bytes: Uint8Array, length: number): unknown;
}

/** A new stream; the other end must begin with a new one too. */
export function recordStream(): RecordStream {
  const packr = new Packr({ sequential: true, useRecords: true, copyBuffers: true });
  return {
    pack: (value) => packr.pack(value),
    unpack: (bytes, length) => packr.unpack(bytes, length),
  };
}
