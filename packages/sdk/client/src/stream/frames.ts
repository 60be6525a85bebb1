/** From messages to frames that the server takes: one, as long as it is not larger than allowed. */
import { MAX_FRAME_BYTES, type UpstreamMessage, encodeUpstream } from '@perdure/protocol';

/** Frames to be sent in order, and the messages that are too large for any frame. */
export interface Frames {
  readonly frames: Uint8Array[];
  readonly tooLarge: UpstreamMessage[];
}

/** Divides messages into frames; a message that lists things is divided with them. */
export function framesOf(
  messages: readonly UpstreamMessage[],
  mostBytes: number = MAX_FRAME_BYTES,
): Frames {
  const frame = encodeUpstream(messages);
  if (frame.length <= mostBytes) return { frames: [frame], tooLarge: [] };
  const halves = messages.length > 1 ? halvesOf(messages) : dividedMessage(messages[0]!);
  if (!halves) return { frames: [], tooLarge: [...messages] };
  const [a, b] = [framesOf(halves[0], mostBytes), framesOf(halves[1], mostBytes)];
  return { frames: [...a.frames, ...b.frames], tooLarge: [...a.tooLarge, ...b.tooLarge] };
}

type Halves = readonly [readonly UpstreamMessage[], readonly UpstreamMessage[]];

function dividedMessage(message: UpstreamMessage): Halves | undefined {
  if (message.kind !== 'complete' || message.completions.length < 2) return undefined;
  const [first, second] = halvesOf(message.completions);
  return [[{ ...message, completions: first }], [{ ...message, completions: second }]];
}

function halvesOf<T>(list: readonly T[]): [T[], T[]] {
  const middle = list.length >> 1;
  return [list.slice(0, middle), list.slice(middle)];
}
