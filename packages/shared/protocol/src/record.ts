/**
 * Positional records: an object on one side, an array without field names on the other.
 *
 * One declaration gives the TypeScript type, the zod schema and the array form, so they cannot
 * drift apart. Evolution rule: fields are only ever added at the end, and added ones are optional;
 * readers take a missing tail as `undefined`.
 */
import { z } from 'zod';
import { packUuid, unpackUuid } from './uuid.ts';

/** One field, or a whole record: how it looks in code, how it is checked, how it travels. */
export interface Field<T> {
  /** Checks the object form. */
  readonly schema: z.ZodType<T>;
  /** Object form to travel form. */
  to(value: T): unknown;
  /** Travel form to object form; trusts its input, follow with {@link schema} where it is not ours. */
  from(wire: unknown): T;
}

/** What a {@link Field} holds. */
export type ValueOf<F> = F extends Field<infer T> ? T : never;

type Shape = Record<string, Field<unknown>>;
type OptionalKeys<S extends Shape> = {
  [K in keyof S]: undefined extends ValueOf<S[K]> ? K : never;
}[keyof S];

/** The object form of a record. */
export type RecordOf<S extends Shape> = {
  readonly [K in Exclude<keyof S, OptionalKeys<S>>]: ValueOf<S[K]>;
} & { readonly [K in OptionalKeys<S>]?: ValueOf<S[K]> };

const same = (value: unknown): unknown => value;

function plain<T>(schema: z.ZodType<T>): Field<T> {
  return { schema, to: same, from: same as (wire: unknown) => T };
}

/** UTF-8 text of at most 1,000 characters: ids, names (semantics 75). */
export const name = plain(z.string().max(1_000));
/** An id that is usually a UUID, and then takes 16 bytes. */
export const uuid: Field<string> = { schema: name.schema, to: packUuid, from: unpackUuid };
/** Text of any length. */
export const text = plain(z.string().max(65_536));
/** A whole number of at least 0: event ids, attempts, milliseconds. */
export const count = plain(z.number().int().min(0).max(Number.MAX_SAFE_INTEGER));
/** A whole or fractional number. */
export const real = plain(z.number());
export const flag = plain(z.boolean());
/** Opaque bytes. */
export const bytes = plain<Uint8Array>(z.instanceof(Uint8Array));
/** Any MessagePack value, checked by whoever it is for. */
export const anything = plain(z.unknown());
/** One of a few words. */
export function word<const W extends readonly [string, ...string[]]>(words: W): Field<W[number]> {
  return plain(z.enum(words)) as Field<W[number]>;
}

/** The field may be absent; absent travels as nil, and not at all at the end of a record. */
export function optional<T>(field: Field<T>): Field<T | undefined> {
  const bare = field.to === same;
  return {
    schema: field.schema.optional(),
    to: (value) => (value === undefined ? null : bare ? value : field.to(value)),
    from: (wire) => (wire === null || wire === undefined ? undefined : field.from(wire)),
  };
}

/** Any number of values. */
export function list<T>(field: Field<T>, most = 10_000): Field<readonly T[]> {
  return {
    schema: z.array(field.schema).max(most) as z.ZodType<readonly T[]>,
    to: (values) => values.map((value) => field.to(value)),
    from: (wire) => asArray(wire, 'a list').map((each) => field.from(each)),
  };
}

/** Values by name; travels as one list of names and values in turn. */
export function map<T>(field: Field<T>, most = 1_000): Field<Readonly<Record<string, T>>> {
  const values = z.record(name.schema as z.ZodString, field.schema);
  return {
    schema: values.refine((entries) => Object.keys(entries).length <= most, {
      error: `must have at most ${most} entries`,
    }) as unknown as z.ZodType<Readonly<Record<string, T>>>,
    to: (entries) => Object.entries(entries).flatMap(([key, value]) => [key, field.to(value)]),
    from(wire) {
      const flat = asArray(wire, 'a list of names and values');
      const entries: [string, T][] = [];
      for (let i = 0; i < flat.length; i += 2) {
        entries.push([flat[i] as string, field.from(flat[i + 1])]);
      }
      return Object.fromEntries(entries);
    },
  };
}

/** A field that refers to a record declared later or to itself. */
export function lazy<T>(get: () => Field<T>): Field<T> {
  return {
    schema: z.lazy(() => get().schema) as z.ZodType<T>,
    to: (value) => get().to(value),
    from: (wire) => get().from(wire),
  };
}

/** A record whose array form holds the fields in the order of declaration. */
export function record<S extends Shape>(shape: S): Field<RecordOf<S>> & { readonly shape: S } {
  const keys = Object.keys(shape);
  const fields = Object.values(shape);
  const schema = z.object(
    Object.fromEntries(keys.map((key, i) => [key, fields[i]!.schema])),
  ) as unknown as z.ZodType<RecordOf<S>>;
  return {
    shape,
    schema,
    to(value) {
      const source = value as Record<string, unknown>;
      const wire: unknown[] = [];
      let length = 0;
      for (let i = 0; i < keys.length; i++) {
        const field = source[keys[i]!];
        const travel = field === undefined ? null : fields[i]!.to(field);
        wire.push(travel);
        if (travel !== null) length = i + 1;
      }
      wire.length = length;
      return wire;
    },
    from(wire) {
      const array = asArray(wire, 'a record');
      const value: Record<string, unknown> = {};
      for (let i = 0; i < keys.length; i++) {
        const travel = array[i];
        value[keys[i]!] =
          travel === null || travel === undefined ? undefined : fields[i]!.from(travel);
      }
      return value as RecordOf<S>;
    },
  };
}

type Variants = Record<string, readonly [code: number, body: Field<unknown>]>;
type OneOf<V extends Variants, K extends string> = {
  [T in keyof V & string]: { readonly [P in K]: T } & ValueOf<V[T][1]>;
}[keyof V & string];

/**
 * One of several records, told apart in code by the word in `key` and on the wire by a number
 * before the fields.
 */
export function variant<K extends string, const V extends Variants>(
  key: K,
  variants: V,
): Field<OneOf<V, K>> {
  const byCode = new Map<number, readonly [string, Field<unknown>]>();
  for (const [tag, [code, body]] of Object.entries(variants)) byCode.set(code, [tag, body]);
  const schemas = Object.entries(variants).map(([tag, [, body]]) =>
    (body.schema as unknown as z.ZodObject).extend({ [key]: z.literal(tag) }),
  );
  return {
    schema: z.discriminatedUnion(key, schemas as never) as unknown as z.ZodType<OneOf<V, K>>,
    to(value) {
      const [code, body] = variants[(value as Record<string, string>)[key]!]!;
      const fields = body.to(value) as unknown[];
      fields.unshift(code);
      return fields;
    },
    from(wire) {
      const array = asArray(wire, 'a variant');
      const found = byCode.get(array[0] as number);
      if (!found)
        throw new TypeError(
          `wanted one of ${[...byCode.keys()].join(', ')}; got kind ${String(array[0])}`,
        );
      const value = found[1].from(array.slice(1)) as Record<string, unknown>;
      value[key] = found[0];
      return value as OneOf<V, K>;
    },
  };
}

/**
 * Reads a record that someone else sent.
 *
 * @throws z.ZodError or TypeError when it does not have the declared form
 */
export function readUntrusted<T>(field: Field<T>, wire: unknown): T {
  return field.schema.parse(field.from(wire));
}

function asArray(wire: unknown, wanted: string): unknown[] {
  if (Array.isArray(wire)) return wire;
  throw new TypeError(`wanted ${wanted}, an array; got ${wire === null ? 'nil' : typeof wire}`);
}
