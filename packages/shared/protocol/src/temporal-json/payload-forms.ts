/**
 * Blobs as Temporal's payloads. A plain blob stands as the payloads that are in it, which any tool of
 * Temporal's can read. Any other blob stands whole as the data of one payload:
 *
 * ```
 * { "metadata": { "encoding": "binary/encrypted",      binary/perdure if it is no envelope
 *                 "perdure-blob": "sealed",            the mark by which it is read back; or "opaque"
 *                 "perdure-purpose": "workflow-input", what must be told to open it: for what,
 *                 "perdure-workflow-id": "order-7" },  and of which workflow it is
 *   "data": <the blob> }                               the id of its key stands in its header
 * ```
 *
 * A plain blob stands whole, too, where its payloads would not give back the same bytes.
 */
import {
  METADATA_ENCODING_KEY,
  type Payload,
  decode,
  encode,
  encodingTypes,
  headersFromPayloads,
  headersToPayloads,
} from '@perdure/common';
import { equalBytes } from '../bytes.ts';
import { type PayloadBlob, decodePlainBlob, encodePlainBlob, isSealed } from '../payload.ts';
import { fromBase64, toBase64 } from './base64.ts';
import type { Form } from './forms.ts';
import { type Json, type JsonObject, listOf, objectOf, textOf } from './json.ts';
import type { BlobPlace, BlobPurpose, Scene } from './scene.ts';

/** Metadata key of a payload that is a whole blob; also the name it has among headers and memos. */
const BLOB_KEY = 'perdure-blob';

const { METADATA_ENCODING_JSON, METADATA_ENCODING_NULL } = encodingTypes;

/** One payload; empty parts are left out, as protobuf has it. */
export function payloadToJson({ metadata, data }: Payload): JsonObject {
  const keys = Object.entries(metadata).map(([key, value]) => [key, toBase64(value)] as const);
  return {
    ...(keys.length > 0 && { metadata: Object.fromEntries(keys) }),
    ...(data.length > 0 && { data: toBase64(data) }),
  };
}

/** @throws TypeError when it is no payload */
export function payloadFromJson(json: unknown): Payload {
  const { metadata, data } = objectOf(json);
  const keys = Object.entries(objectOf(metadata ?? {}));
  return {
    metadata: Object.fromEntries(keys.map(([key, value]) => [key, fromBase64(textOf(value))])),
    data: fromBase64(textOf(data ?? '')),
  };
}

/** A list of payloads, Temporal's `Payloads`. */
export function payloads(purpose: BlobPurpose): Form<PayloadBlob> {
  return {
    to(blob, scene) {
      const place = scene.place(purpose);
      const shown = payloadsOf(blob, place, scene) ?? [wholeBlob(blob, place)];
      return { payloads: shown.map(payloadToJson) };
    },
    from(json, scene) {
      const all = listOf(objectOf(json).payloads ?? []).map(payloadFromJson);
      return blobOf(all, scene.place(purpose), scene);
    },
    absent: noPayloads,
  };
}

/** One payload. */
export function payload(purpose: BlobPurpose): Form<PayloadBlob> {
  return {
    to(blob, scene) {
      const place = scene.place(purpose);
      const shown = payloadsOf(blob, place, scene);
      return payloadToJson(shown?.length === 1 ? shown[0]! : wholeBlob(blob, place));
    },
    from: (json, scene) => blobOf([payloadFromJson(json)], scene.place(purpose), scene),
    absent: noPayloads,
  };
}

/** Lists of payloads by name. */
export function payloadsByName(purpose: BlobPurpose): Form<Readonly<Record<string, PayloadBlob>>> {
  const form = payloads(purpose);
  const each = <T, R>(entries: Readonly<Record<string, T>>, convert: (value: T) => R) =>
    Object.fromEntries(Object.entries(entries).map(([name, value]) => [name, convert(value)]));
  return {
    to: (blobs, scene) => each(blobs, (blob) => form.to(blob, scene)),
    from: (json, scene) => each(objectOf(json), (value) => form.from(value ?? {}, scene)),
    absent: () => ({}),
  };
}

/** Headers: ours keep their names in the metadata of the payloads of one blob. */
export const header: Form<PayloadBlob> = namedPayloads('header', {
  split: headersFromPayloads,
  join: headersToPayloads,
});

/**
 * A memo: ours is one payload, a record in JSON; Temporal's is a payload for each field of it.
 *
 * @param changes whether it tells changes, where Temporal takes fields away by `undefined`
 */
export function memo(changes: boolean): Form<PayloadBlob> {
  return namedPayloads('memo', {
    split: (list) => splitMemo(list, changes),
    join: (named) => [jsonPayload(JSON.stringify(joinMemo(named)))],
  });
}

interface NamedPayloads {
  /** The payloads by name; undefined when these stand for no such thing. */
  readonly split: (payloads: readonly Payload[]) => Readonly<Record<string, Payload>> | undefined;
  readonly join: (named: Record<string, Payload>) => readonly Payload[];
}

/** Payloads by name, in an object `fields`. */
function namedPayloads(purpose: BlobPurpose, { split, join }: NamedPayloads): Form<PayloadBlob> {
  return {
    to(blob, scene) {
      const place = scene.place(purpose);
      const shown = payloadsOf(blob, place, scene);
      const named = shown && split(shown);
      const kept = named && (!scene.exact || equalBytes(encodePlainBlob(join({ ...named })), blob));
      const all = kept ? named : { [BLOB_KEY]: wholeBlob(blob, place) };
      const entries = Object.entries(all).map(([name, each]) => [name, payloadToJson(each)]);
      return { fields: Object.fromEntries(entries) as JsonObject };
    },
    from(json, scene) {
      const entries = Object.entries(objectOf(objectOf(json).fields ?? {}));
      const named = entries.map(([name, each]) => [name, payloadFromJson(each)] as const);
      const only = named.length === 1 && named[0]![0] === BLOB_KEY ? named[0]![1] : undefined;
      const all = only && BLOB_KEY in only.metadata ? [only] : join(Object.fromEntries(named));
      return blobOf(all, scene.place(purpose), scene);
    },
    absent: noPayloads,
  };
}

function splitMemo(
  list: readonly Payload[],
  changes: boolean,
): Readonly<Record<string, Payload>> | undefined {
  const record = list.length === 1 ? jsonValueOf(list[0]!) : undefined;
  if (typeof record !== 'object' || record === null || Array.isArray(record)) return undefined;
  return Object.fromEntries(
    Object.entries(record).map(([name, value]) => [
      name,
      changes && value === null ? nothing : jsonPayload(JSON.stringify(value)),
    ]),
  );
}

/** A field that is not JSON is kept as the payload that it is, in its JSON form. */
function joinMemo(named: Readonly<Record<string, Payload>>): JsonObject {
  const entries = Object.entries(named).map(([name, each]) => {
    if (encodingOf(each) === METADATA_ENCODING_NULL) return [name, null];
    const value = jsonValueOf(each);
    return [name, value === undefined ? payloadToJson(each) : value];
  });
  return Object.fromEntries(entries) as JsonObject;
}

const nothing: Payload = {
  metadata: { [METADATA_ENCODING_KEY]: encode(METADATA_ENCODING_NULL) },
  data: new Uint8Array(0),
};

/** A payload of JSON text. */
export function jsonPayload(json: string, more: Payload['metadata'] = {}): Payload {
  const encoding = encode(METADATA_ENCODING_JSON);
  return { metadata: { [METADATA_ENCODING_KEY]: encoding, ...more }, data: encode(json) };
}

/** The value of a payload of JSON text; undefined for any other. */
export function jsonValueOf(value: Payload): Json | undefined {
  if (encodingOf(value) !== METADATA_ENCODING_JSON) return undefined;
  try {
    return JSON.parse(decode(value.data)) as Json;
  } catch {
    return undefined;
  }
}

function encodingOf({ metadata }: Payload): string | undefined {
  const encoding = metadata[METADATA_ENCODING_KEY];
  return encoding && decode(encoding);
}

/** The payloads by which a blob can be shown; undefined when it must be shown whole. */
function payloadsOf(
  blob: PayloadBlob,
  place: BlobPlace,
  scene: Scene,
): readonly Payload[] | undefined {
  if (isSealed(blob)) return scene.open(blob, place);
  try {
    const all = decodePlainBlob(blob);
    const shown = all.every(isWhole) && equalBytes(encodePlainBlob(all), blob);
    return shown ? all : undefined;
  } catch {
    // Not a list of payloads: it is shown as the bytes that it is.
    return undefined;
  }
}

/** Whether a payload has the form it claims, and is not taken for a whole blob when read. */
function isWhole({ metadata }: Payload): boolean {
  const values = Object.values(metadata);
  return values.every((value) => value instanceof Uint8Array) && !(BLOB_KEY in metadata);
}

function blobOf(all: readonly Payload[], place: BlobPlace, scene: Scene): PayloadBlob {
  const [first] = all;
  if (all.length === 1 && first && BLOB_KEY in first.metadata) return first.data;
  return scene.close(all, place);
}

function wholeBlob(blob: PayloadBlob, { purpose, workflowId }: BlobPlace): Payload {
  const sealed = isSealed(blob);
  return {
    metadata: {
      [METADATA_ENCODING_KEY]: encode(sealed ? 'binary/encrypted' : 'binary/perdure'),
      [BLOB_KEY]: encode(sealed ? 'sealed' : 'opaque'),
      'perdure-purpose': encode(purpose),
      ...(workflowId !== undefined && { 'perdure-workflow-id': encode(workflowId) }),
    },
    data: blob,
  };
}

function noPayloads(): PayloadBlob {
  return encodePlainBlob([]);
}
