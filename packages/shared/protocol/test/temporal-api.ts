/**
 * The part of temporalio/api that histories use, as data (temporal-api.json: names, types and
 * enumerations as `@temporalio/proto` 1.24.0 has them), and a check of JSON against it.
 */
import { readFileSync } from 'node:fs';

const api = JSON.parse(readFileSync(new URL('./temporal-api.json', import.meta.url), 'utf8')) as {
  readonly messages: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly enums: Readonly<Record<string, readonly string[]>>;
};

/** What single values look like in protobuf's JSON. */
const scalars: Readonly<Record<string, (json: unknown) => boolean>> = {
  string: (json) => typeof json === 'string',
  bool: (json) => typeof json === 'boolean',
  int32: (json) => Number.isInteger(json) && Math.abs(json as number) < 2 ** 31,
  uint32: (json) => Number.isInteger(json) && (json as number) >= 0,
  int64: (json) => typeof json === 'string' && /^-?\d{1,19}$/.test(json),
  double: (json) => typeof json === 'number',
  float: (json) => typeof json === 'number',
  bytes: (json) => typeof json === 'string' && /^[A-Za-z0-9+/]*={0,2}$/.test(json),
  'google.protobuf.Duration': (json) =>
    typeof json === 'string' && /^\d{1,12}(\.\d{3})?s$/.test(json),
  'google.protobuf.Timestamp': (json) =>
    typeof json === 'string' && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(json),
};

/** What in a JSON value is not as a type of Temporal's has it; empty when all is. */
export function faultsOf(json: unknown, type: string, path = type): string[] {
  const [kind, of] = type.split(' ');
  if (kind === 'list') {
    if (!Array.isArray(json)) return [`${path} is no list`];
    return json.flatMap((each, i) => faultsOf(each, of!, `${path}.${i}`));
  }
  if (kind === 'map') {
    return Object.entries(json as object).flatMap(([key, each]) =>
      faultsOf(each, of!, `${path}.${key}`),
    );
  }
  const scalar = scalars[type];
  if (scalar) return scalar(json) ? [] : [`${path} is no ${type}: ${JSON.stringify(json)}`];
  const words = api.enums[type];
  if (words) return words.includes(json as string) ? [] : [`${path} is no ${type}`];
  const message = api.messages[type];
  if (!message || typeof json !== 'object' || json === null) return [`${path} is no ${type}`];
  return Object.entries(json).flatMap(([name, value]) => {
    if (value === undefined) return [];
    if (!Object.hasOwn(message, name)) return [`${path} has no field ${name}`];
    return faultsOf(value, message[name]!, `${path}.${name}`);
  });
}
