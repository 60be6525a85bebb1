/**
 * Values that workflow code logs, as objects of the host: loggers print them by their classes, and
 * the workflow may go on to change its own. Never runs user code but getters.
 */

/**
 * A deep copy of plain objects, arrays, dates and errors, shared and circular references kept; other
 * objects (maps, instances of classes) are handed on as they are.
 */
export function plainCopy<T>(value: T): T {
  return copy(value, new Map()) as T;
}

function copy(value: unknown, seen: Map<object, unknown>): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const known = seen.get(value);
  if (known !== undefined) return known;
  if (Array.isArray(value)) {
    const list: unknown[] = [];
    seen.set(value, list);
    for (const each of value) list.push(copy(each, seen));
    return list;
  }
  switch (Object.prototype.toString.call(value)) {
    case '[object Date]':
      return new Date(Number(value));
    case '[object Error]':
      return copyError(value as Error);
    case '[object Object]':
      return isPlain(value) ? copyProperties(value, seen) : value;
    default:
      return value;
  }
}

function copyProperties(value: object, seen: Map<object, unknown>): object {
  const result: Record<string, unknown> = {};
  seen.set(value, result);
  for (const [key, each] of Object.entries(value)) result[key] = copy(each, seen);
  return result;
}

function copyError(error: Error): Error {
  const result = new Error(error.message);
  result.name = error.name;
  result.stack = error.stack;
  return result;
}

/** Whether the prototype is some realm's `Object.prototype`, or none. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
