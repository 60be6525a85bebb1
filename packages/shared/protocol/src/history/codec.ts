/**
 * The byte form of events. An event is encoded once, when it is decided; the same bytes go to the
 * history table and to the worker. A segment is a plain sequence of events, so that joining two
 * segments is concatenation.
 *
 * ```
 * event := MessagePack [schema version, event id, time, type number, ...attributes in order]
 * ```
 */
import { concatBytes, pack, unpackSequence } from '../bytes.ts';
import type { Field } from '../record.ts';
import { type EventType, type HistoryEvent, eventDefinitions } from './events.ts';

/** Version of the attribute lists in `events.ts`; adding optional attributes does not change it. */
export const EVENT_SCHEMA_VERSION = 1;

const byNumber = new Map<number, readonly [EventType, Field<unknown>]>();
for (const [type, [number, body]] of Object.entries(eventDefinitions)) {
  byNumber.set(number, [type as EventType, body as Field<unknown>]);
}

/** Bytes of one event. */
export function encodeEvent(event: HistoryEvent): Uint8Array {
  const [number, body] = eventDefinitions[event.eventType];
  const wire = (body as Field<unknown>).to(event.attributes) as unknown[];
  return pack([EVENT_SCHEMA_VERSION, event.eventId, event.eventTime, number, ...wire]);
}

/** Bytes of a segment. */
export function encodeEvents(events: readonly HistoryEvent[]): Uint8Array {
  return events.length === 0 ? new Uint8Array(0) : concatBytes(events.map(encodeEvent));
}

/**
 * The events of a segment, or of several joined.
 *
 * @throws TypeError for an event type or schema version that this build does not know
 */
export function decodeEvents(segment: Uint8Array): HistoryEvent[] {
  return unpackSequence(segment).map(decodeEvent);
}

function decodeEvent(wire: unknown): HistoryEvent {
  const [version, eventId, eventTime, number, ...attributes] = wire as [
    number,
    number,
    number,
    number,
  ];
  const found = byNumber.get(number);
  if (version !== EVENT_SCHEMA_VERSION || !found) {
    throw new TypeError(
      `event ${eventId} has schema version ${version} and type number ${number}; this build knows ` +
        `version ${EVENT_SCHEMA_VERSION} and types ${[...byNumber.keys()].join(', ')}: upgrade it`,
    );
  }
  return {
    eventId,
    eventTime,
    eventType: found[0],
    attributes: found[1].from(attributes),
  } as unknown as HistoryEvent;
}
