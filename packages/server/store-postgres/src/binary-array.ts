/**
 * One-dimensional arrays in the binary form of Postgres, to be passed as Buffers.
 *
 * The driver sends a Buffer as a binary parameter whatever its declared type, and everything else
 * as text; a text array of bytea costs twice its bytes and an escape of each. Every array parameter
 * of a hot statement is therefore built here and cast in SQL (`$1::int4[]`).
 *
 * ```
 * array := int32 dimensions (1), int32 has-nulls, int32 element type, int32 length, int32 lower
 *          bound (1), element*
 * element := int32 byte length (-1 is null), bytes
 * ```
 */
import { toStored } from './stored-text.ts';

/** Object ids of the element types. */
const elementType = { bytea: 17, int8: 20, int2: 21, int4: 23, text: 25, uuid: 2950 } as const;

const headerLength = 20;
const emptyLength = 12;

type OrNull<T> = T | null | undefined;

function header(type: number, count: number, bodyLength: number, nulls: boolean): Buffer {
  if (count === 0) {
    const empty = Buffer.alloc(emptyLength);
    empty.writeInt32BE(type, 8);
    return empty;
  }
  const array = Buffer.allocUnsafe(headerLength + bodyLength);
  array.writeInt32BE(1, 0);
  array.writeInt32BE(nulls ? 1 : 0, 4);
  array.writeInt32BE(type, 8);
  array.writeInt32BE(count, 12);
  array.writeInt32BE(1, 16);
  return array;
}

/** Builds an array of elements that all have the same size, by `write(value, array, offset)`. */
function fixedArray<T>(
  type: number,
  size: number,
  values: readonly OrNull<T>[],
  write: (value: T, array: Buffer, offset: number) => void,
): Buffer {
  let present = 0;
  for (const value of values) if (value !== null && value !== undefined) present++;
  const body = 4 * values.length + size * present;
  const array = header(type, values.length, body, present < values.length);
  let at = headerLength;
  for (const value of values) {
    if (value === null || value === undefined) {
      at = array.writeInt32BE(-1, at);
    } else {
      at = array.writeInt32BE(size, at);
      write(value, array, at);
      at += size;
    }
  }
  return array;
}

/** `int2[]`. @throws RangeError for a value outside -32768…32767 */
export function int2Array(values: readonly OrNull<number>[]): Buffer {
  return fixedArray(elementType.int2, 2, values, (value, array, at) => {
    array.writeInt16BE(value, at);
  });
}

/** `int4[]`. @throws RangeError for a value outside 32 bits */
export function int4Array(values: readonly OrNull<number>[]): Buffer {
  return fixedArray(elementType.int4, 4, values, (value, array, at) => {
    array.writeInt32BE(value, at);
  });
}

/** `int8[]` of safe integers. @throws RangeError for any other number */
export function int8Array(values: readonly OrNull<number>[]): Buffer {
  return fixedArray(elementType.int8, 8, values, (value, array, at) => {
    if (!Number.isSafeInteger(value)) throw new RangeError(`wanted a safe integer; got ${value}`);
    const high = Math.floor(value / 0x1_0000_0000);
    array.writeInt32BE(high, at);
    array.writeUInt32BE(value - high * 0x1_0000_0000, at + 4);
  });
}

const uuidForm = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Whether a text is a UUID as `uuidArray` takes it. */
export function isUuid(text: string): boolean {
  return uuidForm.test(text);
}

/** `uuid[]` of UUIDs in the usual form with hyphens. @throws TypeError for any other text */
export function uuidArray(values: readonly OrNull<string>[]): Buffer {
  return fixedArray(elementType.uuid, 16, values, (value, array, at) => {
    if (!uuidForm.test(value)) throw new TypeError(`wanted a UUID; got '${value}'`);
    array.write(value.replaceAll('-', ''), at, 16, 'hex');
  });
}

/** `text[]`, in the form of `toStored`: any JavaScript text may be given. */
export function textArray(texts: readonly OrNull<string>[]): Buffer {
  const values = texts.map((text) => (typeof text === 'string' ? toStored(text) : text));
  let body = 0;
  let nulls = false;
  for (const value of values) {
    body += 4;
    if (value === null || value === undefined) nulls = true;
    else body += Buffer.byteLength(value);
  }
  const array = header(elementType.text, values.length, body, nulls);
  let at = headerLength;
  for (const value of values) {
    if (value === null || value === undefined) {
      at = array.writeInt32BE(-1, at);
      continue;
    }
    const length = array.write(value, at + 4);
    array.writeInt32BE(length, at);
    at += 4 + length;
  }
  return array;
}

/** `bytea[]`. */
export function byteaArray(values: readonly OrNull<Uint8Array>[]): Buffer {
  let body = 0;
  let nulls = false;
  for (const value of values) {
    body += 4;
    if (value === null || value === undefined) nulls = true;
    else body += value.length;
  }
  const array = header(elementType.bytea, values.length, body, nulls);
  let at = headerLength;
  for (const value of values) {
    if (value === null || value === undefined) {
      at = array.writeInt32BE(-1, at);
      continue;
    }
    at = array.writeInt32BE(value.length, at);
    array.set(value, at);
    at += value.length;
  }
  return array;
}
