/**
 * How bytes travel in JSON: `{"$bytes": "<base64>"}`. Only the HTTP side needs it; over the stream
 * MessagePack carries bytes as they are.
 */
export const bytesTransformer = { serialize: toJsonSafe, deserialize: fromJsonSafe };

function toJsonSafe(value: unknown): unknown {
  if (value instanceof Uint8Array) return { $bytes: Buffer.from(value).toString('base64') };
  return mapInside(value, toJsonSafe);
}

function fromJsonSafe(value: unknown): unknown {
  if (isRecord(value) && typeof value['$bytes'] === 'string') {
    return new Uint8Array(Buffer.from(value['$bytes'], 'base64'));
  }
  return mapInside(value, fromJsonSafe);
}

function mapInside(value: unknown, map: (inner: unknown) => unknown): unknown {
  if (Array.isArray(value)) return value.map(map);
  if (!isRecord(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, map(inner)]));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
