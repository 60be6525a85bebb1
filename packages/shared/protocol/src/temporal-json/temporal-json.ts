/**
 * Histories in Temporal's public JSON, both ways: what `temporal workflow show --output json` writes
 * and replayers read. Field names and enumerations are those of temporalio/api.
 *
 * Guarantees:
 * - `fromTemporalJson(toTemporalJson(history))` gives events whose bytes (`encodeEvents`) are the
 *   same. An event that Temporal's terms cannot tell whole (a time past the year 9999, say) also has
 *   its bytes in `perdure.event`, and these count when it is read.
 * - Payloads in the clear stand as Temporal's payloads; see payload-forms.ts for those that do not.
 * - Fields of ours that Temporal lacks stand under `perdure` on the event, which Temporal's readers
 *   pass over: `retryPolicy` of WorkflowExecutionContinuedAsNew, `memo` (the whole memo) of
 *   WorkflowPropertiesModified, `event`.
 * - Fields of Temporal's that we do not keep are made up, always the same way, and passed over when
 *   read: `taskId` (the event id), `requestId`, `acceptedRequestMessageId`, `sdkMetadata`, kinds of
 *   task queues, `namespace` (if told), and `originalExecutionRunId` of the first run of a chain.
 *
 * What Temporal wrote itself can be read as far as Perdure has the same: of times, what is finer than
 * a millisecond goes; fields without a counterpart go; event types without one are refused. Histories
 * by Temporal are for replay and reading. They are not made to be continued.
 */
import { equalBytes } from '../bytes.ts';
import { encodeEvent, decodeEvents } from '../history/codec.ts';
import { type EventType, type HistoryEvent, eventDefinitions } from '../history/events.ts';
import type { Field } from '../record.ts';
import { fromBase64, toBase64 } from './base64.ts';
import { executionTables } from './execution-tables.ts';
import { constantCase, timestamp, wholeNumber } from './forms.ts';
import { type Json, type JsonObject, listOf, objectOf, textOf } from './json.ts';
import { otherWorkflowTables } from './other-workflow-tables.ts';
import { type TemporalJsonOptions, sceneOf } from './scene.ts';
import { type EventTable, type EventTables, type TableOptions, tableOf } from './table.ts';
import { taskTables } from './task-tables.ts';

/** A history in Temporal's JSON. */
export interface TemporalHistoryJson {
  readonly events: readonly JsonObject[];
}

const data: EventTables<EventType> = {
  ...executionTables,
  ...taskTables,
  ...otherWorkflowTables,
};

/** An event type under both its names. */
interface KnownType {
  readonly eventType: EventType;
  /** Its name in Temporal's JSON. */
  readonly word: string;
  /** The field that holds its attributes. */
  readonly key: string;
  readonly table: EventTable<unknown>;
}

/** By our name, which is also the one that older tools write, and by the word in Temporal's JSON. */
const knownTypes = new Map<string, KnownType>();
for (const [type, [places, options]] of Object.entries(data)) {
  const known: KnownType = {
    eventType: type as EventType,
    word: `EVENT_TYPE_${constantCase(type)}`,
    key: attributesKey(type),
    table: tableOf<unknown>(places, options as TableOptions<unknown>),
  };
  knownTypes.set(type, known).set(known.word, known);
}

/** A history, or a part of one, in Temporal's JSON. */
export function toTemporalJson(
  history: { readonly events: readonly HistoryEvent[] },
  options: TemporalJsonOptions = {},
): TemporalHistoryJson {
  const first = history.events.find((event) => event.eventType === 'WorkflowExecutionStarted');
  const known = { workflowId: first?.attributes.workflowId, ...options };
  return { events: history.events.map((event) => eventToJson(event, known)) };
}

/**
 * The events of a history in Temporal's JSON, by whomever it was written.
 *
 * @param json what `JSON.parse` gave
 * @throws TypeError when it is no history, or has events that Perdure does not know; names the place
 * of what is wrong
 */
export function fromTemporalJson(
  json: unknown,
  options: TemporalJsonOptions = {},
): { events: HistoryEvent[] } {
  const events = listOf(objectOf(json).events ?? null).map(objectOf);
  const known = { workflowId: workflowIdOf(events), ...options };
  return { events: events.map((event, index) => checkedEvent(event, index, known)) };
}

function eventToJson(event: HistoryEvent, options: TemporalJsonOptions): JsonObject {
  const { eventId, eventTime, eventType } = event;
  const { word, key, table } = knownTypes.get(eventType)!;
  const scene = sceneOf(options, eventId, table.subject, event.attributes);
  const attributes: JsonObject = { ...table.made(event.attributes, scene) };
  const beside: JsonObject = {};
  const perdure: JsonObject = {};
  table.fields.write(event.attributes, { attributes, event: beside, perdure }, scene);
  const json: JsonObject = {
    eventId: String(eventId),
    eventTime: timestamp.to(eventTime, scene),
    eventType: word,
    taskId: String(eventId),
    ...beside,
    [key]: attributes,
    ...(Object.keys(perdure).length > 0 && { perdure }),
  };
  return scene.exact ? withWhatIsLost(json, event, options) : json;
}

/** Adds the bytes of the event if its JSON does not give them back. */
function withWhatIsLost(
  json: JsonObject,
  event: HistoryEvent,
  options: TemporalJsonOptions,
): JsonObject {
  const bytes = encodeEvent(event);
  const back = bytesReadBack(json, options);
  if (back && equalBytes(back, bytes)) return json;
  return { ...json, perdure: { ...objectOf(json.perdure ?? {}), event: toBase64(bytes) } };
}

function bytesReadBack(json: JsonObject, options: TemporalJsonOptions): Uint8Array | undefined {
  try {
    // Payloads that stand in the clear came from plain blobs.
    return encodeEvent(eventFromJson(json, { ...options, close: undefined }));
  } catch {
    return undefined;
  }
}

function checkedEvent(json: JsonObject, index: number, options: TemporalJsonOptions): HistoryEvent {
  try {
    const event = wholeEvent(json) ?? eventFromJson(json, options);
    const definition = eventDefinitions[event.eventType][1] as Field<unknown>;
    const { error } = definition.schema.safeParse(event.attributes);
    if (!error) return event;
    const [issue] = error.issues;
    throw new TypeError(`${issue?.path.join('.')}: ${issue?.message}`);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new TypeError(`events.${index}: ${error.message}`, { cause: error });
  }
}

/** The event whose bytes are in `perdure.event`, if they are there. */
function wholeEvent({ perdure, eventId }: JsonObject): HistoryEvent | undefined {
  const bytes = objectOf(perdure ?? {}).event;
  if (bytes === undefined || bytes === null) return undefined;
  const [event, ...more] = decodeEvents(fromBase64(textOf(bytes)));
  if (event && more.length === 0 && event.eventId === wholeNumber(eventId ?? null)) return event;
  throw new TypeError('perdure.event: wanted the bytes of this one event; got others');
}

function eventFromJson(json: JsonObject, options: TemporalJsonOptions): HistoryEvent {
  const { eventType, key, table } = knownTypeOf(json.eventType);
  const attributes = objectOf(json[key] ?? {});
  const perdure = objectOf(json.perdure ?? {});
  const eventId = wholeNumber(json.eventId ?? null);
  const scene = sceneOf(options, eventId, table.subject, attributes);
  return {
    eventId,
    eventTime: timestamp.from(json.eventTime ?? null, scene),
    eventType,
    attributes: table.tidy(table.fields.read({ attributes, event: json, perdure }, scene)),
  } as HistoryEvent;
}

function knownTypeOf(json: Json | undefined): KnownType {
  const word = textOf(json);
  const known = knownTypes.get(word);
  if (known) return known;
  throw new TypeError(
    `Perdure has no event type ${word.slice(0, 80)}; a history with such an event cannot be read`,
  );
}

function attributesKey(eventType: string): string {
  return `${eventType[0]!.toLowerCase()}${eventType.slice(1)}EventAttributes`;
}

function workflowIdOf(events: readonly JsonObject[]): string | undefined {
  for (const event of events) {
    const id = objectOf(event[attributesKey('WorkflowExecutionStarted')] ?? {}).workflowId;
    if (typeof id === 'string') return id;
  }
  return undefined;
}
