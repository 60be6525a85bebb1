/**
 * Search attributes as they travel: the few facts of a run that the server can read, because it
 * indexes them. They are never sealed; what must stay secret belongs in the memo.
 */
import { type IndexedField, type IndexedFields, SearchAttributeType } from '@perdure/common';
import { z } from 'zod';
import { type Field, name } from './record.ts';

/** Most attributes of one run. */
export const MAX_SEARCH_ATTRIBUTES = 100;
/** Longest text, in characters, and most entries of a list. */
const MAX_VALUE_LENGTH = 2_048;

const text = z.string().max(MAX_VALUE_LENGTH);
const single = z.union([text, z.number(), z.boolean()]);
const attribute = z.object({
  type: z.enum(Object.values(SearchAttributeType)).optional(),
  value: z.union([single, z.array(single).max(MAX_VALUE_LENGTH), z.null()]),
});

/** Attributes by name; each travels as its name, value (nil takes it away) and, if known, type. */
export const searchAttributes: Field<IndexedFields> = {
  schema: z
    .record(name.schema as z.ZodString, attribute)
    .refine((fields) => Object.keys(fields).length <= MAX_SEARCH_ATTRIBUTES, {
      error: `must have at most ${MAX_SEARCH_ATTRIBUTES} search attributes`,
    }) as unknown as z.ZodType<IndexedFields>,
  to: (fields) =>
    Object.entries(fields).map(([key, { type, value }]) =>
      type === undefined ? [key, value] : [key, value, type],
    ),
  from(wire) {
    if (!Array.isArray(wire)) throw new TypeError(`wanted a list; got ${typeof wire}`);
    return Object.fromEntries(wire.map(fieldFrom));
  },
};

function fieldFrom(wire: unknown): [string, IndexedField] {
  if (!Array.isArray(wire)) throw new TypeError('each search attribute must be a list');
  const [key, value, type] = wire as [string, IndexedField['value'], SearchAttributeType?];
  return [key, type === undefined || type === null ? { value } : { value, type }];
}
