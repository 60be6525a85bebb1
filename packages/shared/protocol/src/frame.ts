/** Frames of the stream: from messages to bytes and back, checking what strangers sent. */
import { pack, unpack } from './bytes.ts';
import { readUntrusted } from './record.ts';
import {
  type DownstreamMessage,
  type UpstreamMessage,
  downstreamMessage,
  upstreamMessage,
} from './stream.ts';

/** Bytes of a frame from the SDK. */
export function encodeUpstream(messages: readonly UpstreamMessage[]): Uint8Array {
  return pack(messages.map((message) => upstreamMessage.to(message)));
}

/** Bytes of a frame from the server. */
export function encodeDownstream(messages: readonly DownstreamMessage[]): Uint8Array {
  return pack(messages.map((message) => downstreamMessage.to(message)));
}

/**
 * Messages of a frame from an SDK, checked field by field.
 *
 * @throws Error when the bytes are not a frame
 */
export function decodeUpstream(frame: Uint8Array): UpstreamMessage[] {
  return messagesOf(frame).map((wire) => readUntrusted(upstreamMessage, wire));
}

/** Messages of a frame from our server; trusts their form. */
export function decodeDownstream(frame: Uint8Array): DownstreamMessage[] {
  return messagesOf(frame).map((wire) => downstreamMessage.from(wire));
}

function messagesOf(frame: Uint8Array): unknown[] {
  const messages = unpack(frame);
  if (Array.isArray(messages)) return messages;
  throw new TypeError('a frame must be a MessagePack array of messages');
}
