/**
 * The run id of a child, made of its parent's run and the event that asks for it: however often and
 * by whomever the start is carried out, it is the start of the same run, which exists once.
 */
import { createHash } from 'node:crypto';
import type { EventOf } from '@perdure/protocol';

/**
 * A UUID of version 7. Its time is that of the event, so that runs that are started together are
 * stored together; what is random in others is taken from a hash.
 *
 * @param parentRunId unique, and not chosen by users
 */
export function childRunIdOf(
  parentRunId: string,
  { eventId, eventTime }: EventOf<'StartChildWorkflowExecutionInitiated'>,
): string {
  const bytes = createHash('sha256').update(`${parentRunId}:${eventId}`).digest().subarray(0, 16);
  bytes.writeUIntBE(eventTime, 0, 6);
  bytes[6] = (bytes[6]! & 0x0f) | 0x70;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  const groups = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20)];
  return [...groups, hex.slice(20)].join('-');
}
