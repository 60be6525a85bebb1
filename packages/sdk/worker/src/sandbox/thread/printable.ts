/** Values that cannot leave a thread (functions, symbols, promises), as something to read. */
import { types } from 'node:util';

/**
 * A copy of a value that a structured clone takes: whatever it would refuse is replaced by text, and
 * getters that throw by what they threw. Circular references are cut.
 */
export function printable(value: unknown): unknown {
  return copy(value, []);
}

function copy(value: unknown, above: readonly object[]): unknown {
  if (typeof value === 'function') return `[function ${value.name || 'without a name'}]`;
  if (typeof value === 'symbol') return value.toString();
  if (typeof value !== 'object' || value === null) return value;
  if (above.includes(value)) return '[circular]';
  const path = [...above, value];
  if (Array.isArray(value)) return value.map((each) => copy(each, path));
  if (isCloneable(value)) return value;
  if (types.isMap(value)) {
    return new Map([...value].map(([key, each]) => [copy(key, path), copy(each, path)]));
  }
  if (types.isSet(value)) return new Set([...value].map((each) => copy(each, path)));
  return copyProperties(value, path);
}

function isCloneable(value: object): boolean {
  return (
    ArrayBuffer.isView(value) ||
    types.isAnyArrayBuffer(value) ||
    types.isDate(value) ||
    types.isRegExp(value) ||
    types.isNativeError(value)
  );
}

function copyProperties(value: object, path: readonly object[]): unknown {
  if (types.isPromise(value) || types.isProxy(value)) return Object.prototype.toString.call(value);
  const result: Record<string, unknown> = {};
  for (const key of Object.keys(value)) {
    try {
      result[key] = copy((value as Record<string, unknown>)[key], path);
    } catch (error) {
      result[key] = `[cannot be read: ${String(error)}]`;
    }
  }
  return result;
}
