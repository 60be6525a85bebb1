import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type SearchAttributePair,
  SearchAttributeType,
  TypedSearchAttributes,
  ValueError,
  defineSearchAttributeKey,
  indexedFieldsOf,
  mergeIndexedFields,
  typedSearchAttributes,
  untypedSearchAttributes,
} from '../src/index.ts';

const values = {
  TEXT: fc.string(),
  KEYWORD: fc.string(),
  INT: fc.integer(),
  DOUBLE: fc.double({ noNaN: true, noDefaultInfinity: true }),
  BOOL: fc.boolean(),
  DATETIME: fc.date({ noInvalidDate: true }),
  KEYWORD_LIST: fc.array(fc.string()),
};
const pair = fc
  .constantFrom(...Object.values(SearchAttributeType))
  .chain((type) =>
    fc
      .record({ name: fc.string({ minLength: 1 }), value: values[type] as fc.Arbitrary<unknown> })
      .map(({ name, value }) => ({ key: { name, type }, value }) as SearchAttributePair),
  );
const pairs = fc.uniqueArray(pair, { selector: ({ key }) => key.name, maxLength: 6 });
const byName = (list: readonly SearchAttributePair[]) =>
  list.toSorted((a, b) => (a.key.name < b.key.name ? -1 : 1));

describe('search attributes', () => {
  it('come out as they went in, typed', () => {
    fc.assert(
      fc.property(pairs, (list) => {
        const fields = JSON.parse(
          JSON.stringify(indexedFieldsOf(new TypedSearchAttributes(list))),
        ) as ReturnType<typeof indexedFieldsOf>;
        // JSON knows no negative zero.
        expect(JSON.stringify(byName(typedSearchAttributes(fields).getAll()))).toBe(
          JSON.stringify(byName(list)),
        );
      }),
    );
  });

  it('may be untyped, then always lists', () => {
    const when = new Date(5);
    const fields = indexedFieldsOf({ a: ['x', 'y'], b: [1], c: [], d: undefined, e: [when] });
    expect(fields).toEqual({
      a: { value: ['x', 'y'] },
      b: { value: [1] },
      c: { value: null },
      d: { value: null },
      e: { value: [when.toISOString()] },
    });
    expect(untypedSearchAttributes(fields)).toEqual({
      a: ['x', 'y'],
      b: [1],
      e: [when.toISOString()],
    });
    const typed = typedSearchAttributes(fields);
    expect(typed.get(defineSearchAttributeKey('a', 'KEYWORD_LIST'))).toEqual(['x', 'y']);
    expect(typed.get(defineSearchAttributeKey('b', 'INT'))).toBe(1);
  });

  it('with a value of another type than theirs are read all the same', () => {
    const typed = typedSearchAttributes({
      a: { type: 'INT', value: 'text' },
      b: { type: 'DATETIME', value: 'never' },
      c: { type: 'KEYWORD_LIST', value: 'one' },
    });
    expect(typed.getAll()).toEqual([
      { key: { name: 'a', type: 'KEYWORD' }, value: 'text' },
      { key: { name: 'b', type: 'KEYWORD' }, value: 'never' },
      { key: { name: 'c', type: 'KEYWORD_LIST' }, value: ['one'] },
    ]);
  });

  it('change name by name; null takes away', () => {
    const count = defineSearchAttributeKey('count', 'INT');
    const note = defineSearchAttributeKey('note', 'TEXT');
    const before = new TypedSearchAttributes([
      { key: count, value: 1 },
      { key: note, value: 'n' },
    ]);
    const after = before.updateCopy([
      { key: count, value: 2 },
      { key: note, value: null },
    ]);
    expect([after.get(count), after.get(note), before.get(count)]).toEqual([2, undefined, 1]);
    const change = indexedFieldsOf([{ key: note, value: null }]);
    expect(mergeIndexedFields(indexedFieldsOf(before), change)).toEqual({
      count: { type: 'INT', value: 1 },
    });
  });

  it('of another type than their key’s are refused', () => {
    const wrong = { key: defineSearchAttributeKey('count', 'INT'), value: 'one' } as never;
    expect(() => new TypedSearchAttributes([wrong])).toThrow(
      new ValueError(
        "search attribute 'count' is of type INT; got string: pass a value of that type",
      ),
    );
    expect(() => indexedFieldsOf({ odd: [{} as never] })).toThrow(ValueError);
  });

  it('are given once each', () => {
    const twice: SearchAttributePair = { key: { name: 'a', type: 'INT' }, value: 1 };
    expect(() => new TypedSearchAttributes([twice, twice])).toThrow("'a' is given twice");
  });
});
