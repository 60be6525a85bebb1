/**
 * Search attributes: named values that the server can read and index, so never secrets. A key is a
 * name with a type; a set of pairs of keys and values is immutable.
 */
import { ValueError } from './errors.ts';

/** The types of search attributes. */
export const SearchAttributeType = {
  TEXT: 'TEXT',
  KEYWORD: 'KEYWORD',
  INT: 'INT',
  DOUBLE: 'DOUBLE',
  BOOL: 'BOOL',
  DATETIME: 'DATETIME',
  KEYWORD_LIST: 'KEYWORD_LIST',
} as const;
export type SearchAttributeType = (typeof SearchAttributeType)[keyof typeof SearchAttributeType];

interface ValueOfType {
  TEXT: string;
  KEYWORD: string;
  INT: number;
  DOUBLE: number;
  BOOL: boolean;
  DATETIME: Date;
  KEYWORD_LIST: string[];
}

/** Name and type of a search attribute. */
export interface SearchAttributeKey<T extends SearchAttributeType> {
  readonly name: string;
  readonly type: T;
}

/** A search attribute with its value. */
export type SearchAttributePair = {
  [T in SearchAttributeType]: {
    readonly key: SearchAttributeKey<T>;
    readonly value: ValueOfType[T];
  };
}[SearchAttributeType];

/** A change of a search attribute; null takes it away. */
export type SearchAttributeUpdatePair = {
  [T in SearchAttributeType]: {
    readonly key: SearchAttributeKey<T>;
    readonly value: ValueOfType[T] | null;
  };
}[SearchAttributeType];

/** The older, untyped form: every value is a list. */
export type SearchAttributes = Record<
  string,
  SearchAttributeValue | readonly SearchAttributeValue[] | undefined
>;
export type SearchAttributeValue = string | number | boolean | Date;

/** Search attributes as they travel: JSON values, dates as ISO 8601 text; null takes one away. */
export type IndexedFields = Readonly<Record<string, IndexedField>>;
export interface IndexedField {
  /** Absent in the untyped form; the server then knows the type by the name. */
  readonly type?: SearchAttributeType;
  readonly value: string | number | boolean | readonly (string | number | boolean)[] | null;
}

/** Names a search attribute. */
export function defineSearchAttributeKey<T extends SearchAttributeType>(
  name: string,
  type: T,
): SearchAttributeKey<T> {
  return { name, type };
}

/** An immutable set of search attributes. */
export class TypedSearchAttributes {
  private readonly pairs = new Map<string, SearchAttributePair>();

  /** @throws ValueError when two pairs have one name, or a value is not of its key's type */
  constructor(initial: readonly SearchAttributePair[] = []) {
    for (const pair of initial) {
      if (this.pairs.has(pair.key.name)) {
        throw new ValueError(`search attribute '${pair.key.name}' is given twice; give it once`);
      }
      checkValue(pair);
      this.pairs.set(pair.key.name, pair);
    }
  }

  /** The value of a key; undefined when there is none, or one of another type. */
  get<T extends SearchAttributeType>(key: SearchAttributeKey<T>): ValueOfType[T] | undefined {
    const pair = this.pairs.get(key.name);
    return pair?.key.type === key.type ? (pair.value as ValueOfType[T]) : undefined;
  }

  /** Every pair. */
  getAll(): SearchAttributePair[] {
    return [...this.pairs.values()];
  }

  copy(): TypedSearchAttributes {
    return new TypedSearchAttributes(this.getAll());
  }

  /** A copy with changes made. */
  updateCopy(updates: readonly SearchAttributeUpdatePair[]): TypedSearchAttributes {
    const pairs = new Map(this.pairs);
    for (const update of updates) {
      if (update.value === null) pairs.delete(update.key.name);
      else pairs.set(update.key.name, update as SearchAttributePair);
    }
    return new TypedSearchAttributes([...pairs.values()]);
  }

  toJSON(): SearchAttributePair[] {
    return this.getAll();
  }
}

/**
 * Either form of search attributes as it travels.
 *
 * @throws ValueError for a value that no search attribute can have
 */
export function indexedFieldsOf(
  attributes: SearchAttributes | TypedSearchAttributes | readonly SearchAttributeUpdatePair[],
): IndexedFields {
  const fields: Record<string, IndexedField> = {};
  if (attributes instanceof TypedSearchAttributes || Array.isArray(attributes)) {
    const pairs = attributes instanceof TypedSearchAttributes ? attributes.getAll() : attributes;
    for (const { key, value } of pairs as readonly SearchAttributeUpdatePair[]) {
      if (value !== null) checkValue({ key, value } as SearchAttributePair);
      fields[key.name] = { type: key.type, value: value === null ? null : plainValue(value) };
    }
    return fields;
  }
  for (const [name, value] of Object.entries(attributes as SearchAttributes)) {
    const values =
      value === undefined || value === null ? [] : Array.isArray(value) ? value : [value];
    fields[name] = { value: values.length === 0 ? null : untypedValue(name, values) };
  }
  return fields;
}

/** What travelled, in the untyped form. */
export function untypedSearchAttributes(fields: IndexedFields): SearchAttributes {
  const attributes: SearchAttributes = {};
  for (const [name, { type, value }] of Object.entries(fields)) {
    if (value === null) continue;
    const values = Array.isArray(value) ? value : [value];
    attributes[name] = values.map((each) => (type === 'DATETIME' ? dateOf(each) : each));
  }
  return attributes;
}

/**
 * What travelled, in the typed form. A field without a type, or with a value of another than its
 * own, gets the type that its value looks like.
 */
export function typedSearchAttributes(fields: IndexedFields): TypedSearchAttributes {
  const pairs: SearchAttributePair[] = [];
  for (const [name, { type, value }] of Object.entries(fields)) {
    if (value === null) continue;
    const wanted = type && valueAs(type, value);
    const isWanted = type !== undefined && isOfType(type, wanted);
    const known = isWanted ? type : likelyType(value);
    const typed = isWanted ? wanted : valueAs(known, value);
    pairs.push({ key: { name, type: known }, value: typed } as SearchAttributePair);
  }
  return new TypedSearchAttributes(pairs);
}

function valueAs(type: SearchAttributeType, value: NonNullable<IndexedField['value']>): unknown {
  if (type === 'KEYWORD_LIST') return Array.isArray(value) ? value.map(String) : [String(value)];
  const [single] = Array.isArray(value) ? value : [value];
  return type === 'DATETIME' && typeof single === 'string' ? dateOf(single) : single;
}

/** The fields after a change; what the change takes away is gone. */
export function mergeIndexedFields(fields: IndexedFields, change: IndexedFields): IndexedFields {
  const merged = Object.entries({ ...fields, ...change });
  return Object.fromEntries(merged.filter(([, { value }]) => value !== null));
}

function checkValue({ key, value }: SearchAttributePair): void {
  if (isOfType(key.type, value)) return;
  throw new ValueError(
    `search attribute '${key.name}' is of type ${key.type}; got ${describe(value)}: pass a value of that type`,
  );
}

function isOfType(type: SearchAttributeType, value: unknown): boolean {
  switch (type) {
    case 'TEXT':
    case 'KEYWORD':
      return typeof value === 'string';
    case 'INT':
      return Number.isInteger(value);
    case 'DOUBLE':
      return typeof value === 'number' && Number.isFinite(value);
    case 'BOOL':
      return typeof value === 'boolean';
    case 'DATETIME':
      return isDate(value) && !Number.isNaN(value.getTime());
    case 'KEYWORD_LIST':
      return Array.isArray(value) && value.every((each) => typeof each === 'string');
  }
}

function plainValue(value: SearchAttributePair['value']): NonNullable<IndexedField['value']> {
  if (Array.isArray(value)) return [...value];
  return isDate(value) ? value.toISOString() : value;
}

function untypedValue(
  name: string,
  values: readonly unknown[],
): NonNullable<IndexedField['value']> {
  return values.map((value) => {
    if (isDate(value)) return value.toISOString();
    if (typeof value === 'string' || typeof value === 'boolean') return value;
    if (typeof value === 'number' && Number.isFinite(value)) return value;
    throw new ValueError(
      `search attribute '${name}' must hold texts, numbers, booleans or dates; got ${describe(value)}`,
    );
  });
}

function likelyType(value: NonNullable<IndexedField['value']>): SearchAttributeType {
  if (Array.isArray(value) && value.length !== 1) return 'KEYWORD_LIST';
  const single = (Array.isArray(value) ? value[0] : value) as string | number | boolean;
  if (typeof single === 'string') return 'KEYWORD';
  if (typeof single === 'boolean') return 'BOOL';
  return Number.isInteger(single) ? 'INT' : 'DOUBLE';
}

/** Dates of any realm. */
function isDate(value: unknown): value is Date {
  return Object.prototype.toString.call(value) === '[object Date]';
}

function dateOf(value: string | number | boolean): Date {
  return new Date(value as string);
}

function describe(value: unknown): string {
  if (value === null || typeof value !== 'object') return typeof value;
  return value.constructor?.name ?? 'an object';
}
