/**
 * How many messages a frame says that it holds, read from its first bytes: what is refused for their
 * number is never decoded.
 */

/** Most messages in a frame. */
export const MAX_MESSAGES = 100_000;

/** Number of items of the MessagePack array that begins the frame; 0 when none does. */
export function messageCountOf(frame: Buffer): number {
  const first = frame[0] ?? 0;
  if (first >= 0x90 && first <= 0x9f) return first & 0x0f;
  if (first === 0xdc && frame.length >= 3) return frame.readUInt16BE(1);
  if (first === 0xdd && frame.length >= 5) return frame.readUInt32BE(1);
  return 0;
}
