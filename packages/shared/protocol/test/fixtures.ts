/** Arbitrary values of any declared record: one generator for every type that travels. */
import fc from 'fast-check';
import type { z } from 'zod';
import type { Field } from '../src/index.ts';

/**
 * Any value that a field's schema takes. Built from the schema itself, so that a field added to a
 * record is covered by every property at once.
 */
export function anyOf<T>(field: Field<T>, depth = 0): fc.Arbitrary<T> {
  return fromSchema(field.schema as z.ZodType, depth) as fc.Arbitrary<T>;
}

interface Definition {
  readonly type: string;
  readonly innerType?: z.ZodType;
  readonly element?: z.ZodType;
  readonly shape?: Record<string, z.ZodType>;
  readonly options?: readonly z.ZodType[];
  readonly values?: readonly unknown[];
  readonly entries?: Record<string, string>;
  readonly getter?: () => z.ZodType;
  readonly valueType?: z.ZodType;
}

function fromSchema(schema: z.ZodType, depth: number): fc.Arbitrary<unknown> {
  const definition = schema.def as unknown as Definition;
  switch (definition.type) {
    case 'optional':
      return depth > 6
        ? fc.constant(undefined)
        : fc.option(fromSchema(definition.innerType!, depth + 1), { nil: undefined });
    case 'object':
      return fc.record(
        Object.fromEntries(
          Object.entries(definition.shape!).map(([key, each]) => [
            key,
            fromSchema(each, depth + 1),
          ]),
        ),
        { noNullPrototype: true },
      );
    case 'array':
      return fc.array(fromSchema(definition.element!, depth + 1), { maxLength: 3 });
    case 'record':
      return fc.dictionary(
        fc.string({ maxLength: 10 }).filter((key) => key !== '__proto__'),
        fromSchema(definition.valueType!, depth + 1),
        { maxKeys: 3, noNullPrototype: true },
      );
    case 'union':
      return fc.oneof(...definition.options!.map((option) => fromSchema(option, depth)));
    case 'literal':
      return fc.constantFrom(...definition.values!);
    case 'enum':
      return fc.constantFrom(...Object.values(definition.entries!));
    case 'lazy':
      return fromSchema(definition.getter!(), depth + 1);
    case 'string':
      return fc.string({ maxLength: 20, unit: 'grapheme' });
    case 'number':
      return fc.maxSafeNat();
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    case 'unknown':
      return fc.constantFrom('text', 7, true, ['list'], { key: 'value' });
    case 'custom':
      return fc.uint8Array({ maxLength: 40 });
    default:
      throw new TypeError(`no generator for a schema of type ${definition.type}`);
  }
}

/** A value without `undefined` fields, and with every kind of bytes as one. */
export function normal(value: unknown): unknown {
  if (value instanceof Uint8Array) return `bytes ${Buffer.from(value).toString('hex')}`;
  if (Array.isArray(value)) return value.map(normal);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([, each]) => each !== undefined);
  return Object.fromEntries(entries.map(([key, each]) => [key, normal(each)]));
}
