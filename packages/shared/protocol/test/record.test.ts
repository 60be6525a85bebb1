import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Field,
  anything,
  bytes,
  count,
  flag,
  list,
  map,
  name,
  optional,
  pack,
  readUntrusted,
  real,
  record,
  text,
  unpack,
  variant,
  word,
} from '../src/index.ts';
import { anyOf, normal } from './fixtures.ts';

const inner = record({ id: name, at: optional(count) });
const everything = record({
  name,
  text,
  count,
  real,
  flag,
  bytes,
  word: word(['a', 'b']),
  one: inner,
  many: list(inner),
  named: map(inner),
  maybe: optional(inner),
  rest: optional(anything),
});
const shape = variant('kind', {
  circle: [1, record({ radius: count, label: optional(name) })],
  nothing: [7, record({})],
});

const overTheWire = <T>(field: Field<T>, value: T): T =>
  readUntrusted(field, unpack(pack(field.to(value))));

describe('a record', () => {
  it('comes back from bytes as it was', () => {
    fc.assert(
      fc.property(anyOf(everything), (value) => {
        expect(normal(overTheWire(everything, value))).toEqual(normal(value));
      }),
    );
  });

  it('travels without field names, absent fields as nil, absent tail not at all', () => {
    const row = record({ a: optional(count), b: count, c: optional(count), d: optional(count) });
    expect(row.to({ b: 2 })).toEqual([null, 2]);
    expect(row.to({ a: 1, b: 2, d: 4 })).toEqual([1, 2, null, 4]);
    expect(row.from([null, 2])).toEqual({ a: undefined, b: 2, c: undefined, d: undefined });
  });

  it('reads what an older version wrote, and what a newer one adds', () => {
    const newer = record({ id: name, at: optional(count), extra: optional(name) });
    expect(normal(newer.from(inner.to({ id: 'x', at: 3 })))).toEqual({ id: 'x', at: 3 });
    expect(normal(inner.from(newer.to({ id: 'x', at: 3, extra: 'e' })))).toEqual({
      id: 'x',
      at: 3,
    });
  });

  it('of a stranger is checked field by field', () => {
    const bad: [unknown, RegExp][] = [
      [[], /id/],
      [[5], /id/],
      [['x', -1], /at/],
      [['x', 1.5], /at/],
      [['x'.repeat(1_001)], /id/],
      ['x', /wanted a record, an array; got string/],
      [null, /wanted a record, an array; got nil/],
    ];
    for (const [wire, message] of bad) expect(() => readUntrusted(inner, wire)).toThrow(message);
    expect(() => readUntrusted(list(count, 2), [1, 2, 3])).toThrow(/Too big/);
    expect(() => readUntrusted(list(count), 1)).toThrow(/wanted a list/);
    expect(() => readUntrusted(map(count, 1), ['a', 1, 'b', 2])).toThrow(/at most 1 entries/);
    expect(() => readUntrusted(map(count), ['a', -1])).toThrow(/Too small/);
    expect(() => readUntrusted(map(count), { a: 1 })).toThrow(/wanted a list of names/);
    expect(() => readUntrusted(word(['a', 'b']), 'c')).toThrow(/invalid_value/);
    expect(() => readUntrusted(bytes, [1, 2])).toThrow(/Uint8Array/);
  });
});

describe('a variant', () => {
  it('travels as its number before its fields', () => {
    expect(shape.to({ kind: 'circle', radius: 3 })).toEqual([1, 3]);
    expect(shape.to({ kind: 'nothing' })).toEqual([7]);
    expect(normal(overTheWire(shape, { kind: 'circle', radius: 3, label: 'l' }))).toEqual({
      kind: 'circle',
      radius: 3,
      label: 'l',
    });
  });

  it('of an unknown kind is refused, naming the known ones', () => {
    expect(() => readUntrusted(shape, [2, 3])).toThrow(/wanted one of 1, 7; got kind 2/);
    expect(() => readUntrusted(shape, [])).toThrow(/got kind undefined/);
    expect(() => readUntrusted(shape, [1, 'wide'])).toThrow(/radius/);
  });

  it('never crashes but throws, whatever arrives', () => {
    fc.assert(
      fc.property(fc.anything(), (wire) => {
        try {
          readUntrusted(shape, wire);
        } catch (error) {
          expect(error).toBeInstanceOf(Error);
        }
      }),
    );
  });
});
