/** Each array is read back by Postgres itself, which checks the form and prints the values. */
import fc from 'fast-check';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  byteaArray,
  int2Array,
  int4Array,
  int8Array,
  isUuid,
  textArray,
  uuidArray,
} from '../src/binary-array.ts';
import { fromStored, toStored } from '../src/stored-text.ts';
import { type Cluster, startCluster } from './cluster.ts';

let cluster: Cluster;
let client: pg.Client;

beforeAll(async () => {
  cluster = await startCluster(['fsync = off']);
  client = new pg.Client({ connectionString: cluster.url('postgres') });
  await client.connect();
});
afterAll(async () => {
  await client.end();
  await cluster.stop();
});

/** Elements as Postgres prints them. */
async function read(array: Buffer, type: string): Promise<(string | null)[]> {
  const element = type === 'bytea' ? `encode(value, 'hex')` : 'value::text';
  const { rows } = await client.query<{ value: string | null }>(
    `select ${element} as value from unnest($1::${type}[]) with ordinality u(value, place)
      order by place`,
    [array],
  );
  return rows.map((row) => row.value);
}

async function expectRead<T>(
  type: string,
  values: fc.Arbitrary<T>,
  encode: (values: (T | null)[]) => Buffer,
  print: (value: T) => string,
): Promise<void> {
  const arrays = fc.array(fc.option(values, { freq: 6 }), { maxLength: 20 });
  await fc.assert(
    fc.asyncProperty(arrays, async (array) => {
      const expected = array.map((value) => (value === null ? null : print(value)));
      expect(await read(encode(array), type)).toEqual(expected);
    }),
    { examples: [[[]], [[null]]] },
  );
}

test('whole numbers', async () => {
  await expectRead('int2', fc.integer({ min: -0x8000, max: 0x7fff }), int2Array, String);
  await expectRead('int4', fc.integer(), int4Array, String);
  await expectRead('int8', fc.maxSafeInteger(), int8Array, String);
  for (const value of [Number.MIN_SAFE_INTEGER, -1, 0, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1]) {
    expect(await read(int8Array([value]), 'int8')).toEqual([String(value)]);
  }
});

test('numbers that do not fit are refused', () => {
  expect(() => int2Array([0x8000])).toThrow(RangeError);
  expect(() => int4Array([2 ** 31])).toThrow(RangeError);
  expect(() => int8Array([2 ** 53])).toThrow(RangeError);
  expect(() => int8Array([0.5])).toThrow(RangeError);
});

test('UUIDs', async () => {
  await expectRead('uuid', fc.uuid(), uuidArray, (id) => id);
  expect(isUuid('F81D4FAE-7DEC-11D0-A765-00A0C91E6BF6')).toBe(true);
  expect(isUuid('f81d4fae7dec11d0a76500a0c91e6bf6')).toBe(false);
  expect(() => uuidArray(['f81d4fae'])).toThrow("wanted a UUID; got 'f81d4fae'");
});

test('text of every kind, in its stored form', async () => {
  const text = fc.oneof(
    fc.string({ unit: 'grapheme' }),
    fc.string({ unit: fc.constantFrom('\0', '\u0001', '0', '1', '"', '\\', ',', '{') }),
  );
  await expectRead('text', text, textArray, toStored);
});

test('the stored form of text is one to one', () => {
  const text = fc.string({ unit: fc.constantFrom('\0', '\u0001', '0', '1', 'x') });
  fc.assert(
    fc.property(text, (original) => {
      expect(toStored(original)).not.toContain('\0');
      expect(fromStored(toStored(original))).toBe(original);
    }),
  );
});

test('bytes', async () => {
  const print = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
  await expectRead('bytea', fc.uint8Array({ maxLength: 300 }), byteaArray, print);
});
