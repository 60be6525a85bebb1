/** Arbitrary values of any declared record: one generator for every type that travels. */
import { encode } from '@perdure/common';
import fc from 'fast-check';
import type { z } from 'zod';
import {
  type EventType,
  type Field,
  type HistoryEvent,
  SEALED_BLOB,
  encodePlainBlob,
  eventDefinitions,
} from '../src/index.ts';

/**
 * Any value that a field's schema takes. Built from the schema itself, so that a field added to a
 * record is covered by every property at once.
 */
export function anyOf<T>(field: Field<T>, leaves: Leaves = anyLeaves): fc.Arbitrary<T> {
  return fromSchema(field.schema as z.ZodType, 0, leaves) as fc.Arbitrary<T>;
}

/** What records are made of in the end. */
interface Leaves {
  readonly text: fc.Arbitrary<string>;
  readonly number: fc.Arbitrary<number>;
  readonly bytes: fc.Arbitrary<Uint8Array>;
}

const anyLeaves: Leaves = {
  text: fc.string({ maxLength: 20, unit: 'grapheme' }),
  number: fc.maxSafeNat(),
  bytes: fc.uint8Array({ maxLength: 40 }),
};

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

function fromSchema(schema: z.ZodType, depth: number, leaves: Leaves): fc.Arbitrary<unknown> {
  const definition = schema.def as unknown as Definition;
  switch (definition.type) {
    case 'optional':
      return depth > 6
        ? fc.constant(undefined)
        : fc.option(fromSchema(definition.innerType!, depth + 1, leaves), { nil: undefined });
    case 'object':
      return fc.record(
        Object.fromEntries(
          Object.entries(definition.shape!).map(([key, each]) => [
            key,
            fromSchema(each, depth + 1, leaves),
          ]),
        ),
        { noNullPrototype: true },
      );
    case 'array':
      return fc.array(fromSchema(definition.element!, depth + 1, leaves), { maxLength: 3 });
    case 'record':
      return fc.dictionary(
        fc.string({ maxLength: 10 }).filter((key) => key !== '__proto__'),
        fromSchema(definition.valueType!, depth + 1, leaves),
        { maxKeys: 3, noNullPrototype: true },
      );
    case 'union':
      return fc.oneof(...definition.options!.map((option) => fromSchema(option, depth, leaves)));
    case 'literal':
      return fc.constantFrom(...definition.values!);
    case 'enum':
      return fc.constantFrom(...Object.values(definition.entries!));
    case 'lazy':
      return fromSchema(definition.getter!(), depth + 1, leaves);
    case 'string':
      return leaves.text;
    case 'number':
      return leaves.number;
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    case 'unknown':
      return fc.constantFrom('text', 7, true, ['list'], { key: 'value' });
    case 'custom':
      return leaves.bytes;
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

/** Any event of a type. */
export function anyEventOf(eventType: EventType): fc.Arbitrary<HistoryEvent> {
  return eventOf(eventType, anyLeaves);
}

/** Blobs as SDKs make them. */
const realBlob = fc.oneof(
  fc
    .array(
      fc.record({
        metadata: fc.dictionary(
          fc.constantFrom('encoding', 'messageType', '7'),
          fc.string().map(encode),
          { noNullPrototype: true },
        ),
        data: fc.uint8Array({ maxLength: 20 }),
      }),
      { maxLength: 3 },
    )
    .map(encodePlainBlob),
  fc.uint8Array({ maxLength: 40 }).map((rest) => new Uint8Array([SEALED_BLOB, ...rest])),
);

/**
 * An event that Temporal could have, too: no empty ids, no numbers beyond what protobuf takes, one
 * outcome of an update, no causes of ours.
 */
export function plausibleEventOf(eventType: EventType): fc.Arbitrary<HistoryEvent> {
  return eventOf(eventType, {
    text: fc.string({ minLength: 1, maxLength: 20, unit: 'grapheme' }),
    number: fc.integer({ min: 1, max: 2 ** 31 - 1 }),
    bytes: realBlob,
  }).filter(({ attributes, eventType: type }) => {
    if (type === 'RequestCancelExternalWorkflowExecutionFailed') {
      return attributes.cause !== 'SIGNAL_COUNT_LIMIT_EXCEEDED';
    }
    if ('result' in attributes && 'failure' in attributes) {
      return attributes.result === undefined || attributes.failure === undefined;
    }
    return (
      !('firstExecutionRunId' in attributes) ||
      attributes.firstExecutionRunId !== attributes.originalExecutionRunId
    );
  });
}

function eventOf(eventType: EventType, leaves: Leaves): fc.Arbitrary<HistoryEvent> {
  return fc.record({
    eventId: fc.integer({ min: 1, max: 60_000 }),
    eventTime: fc.nat(2_000_000_000_000),
    eventType: fc.constant(eventType),
    attributes: anyOf(eventDefinitions[eventType][1] as Field<unknown>, leaves),
  }) as fc.Arbitrary<HistoryEvent>;
}
