/**
 * `structuredClone` for what workflow code holds: plain objects, arrays, dates, maps, sets, bytes,
 * errors and regular expressions, shared and circular references kept. Functions and symbols are
 * refused, as the standard has it; instances of classes become plain objects.
 */
import { defineGlobal } from './realm.ts';

/** Puts it in place. */
export function installStructuredClone(): void {
  defineGlobal('structuredClone', (value: unknown) => clone(value, new Map()));
}

type Seen = Map<object, object>;

function clone(value: unknown, seen: Seen): unknown {
  if (typeof value === 'function' || typeof value === 'symbol') {
    throw new TypeError(
      `structuredClone() cannot copy a ${typeof value}; leave it out of the value`,
    );
  }
  if (typeof value !== 'object' || value === null) return value;
  return seen.get(value) ?? cloneObject(value, seen);
}

function cloneObject(value: object, seen: Seen): object {
  const keep = <T extends object>(copy: T): T => {
    seen.set(value, copy);
    return copy;
  };
  const tag = Object.prototype.toString.call(value);
  if (tag === '[object Date]') return keep(new (value.constructor as DateConstructor)(+value));
  if (value instanceof RegExp) return keep(new RegExp(value.source, value.flags));
  if (value instanceof ArrayBuffer) return keep(value.slice(0));
  if (ArrayBuffer.isView(value)) return keep(cloneView(value, seen));
  if (value instanceof Map) return cloneMap(value, keep(new Map()), seen);
  if (value instanceof Set) return cloneSet(value, keep(new Set()), seen);
  if (value instanceof Error) return cloneError(value, keep, seen);
  if (Array.isArray(value))
    return copyProperties(value, keep(Array.from<unknown>({ length: value.length })), seen);
  if (value instanceof Promise || value instanceof WeakMap || value instanceof WeakSet) {
    throw new TypeError(`structuredClone() cannot copy ${tag}; leave it out of the value`);
  }
  return copyProperties(value, keep({}), seen);
}

function cloneView(view: ArrayBufferView, seen: Seen): object {
  const buffer = clone(view.buffer, seen) as ArrayBuffer;
  const length = view instanceof DataView ? view.byteLength : (view as Uint8Array).length;
  const View = view.constructor as new (b: ArrayBuffer, offset: number, length: number) => object;
  return new View(buffer, view.byteOffset, length);
}

function cloneMap(from: Map<unknown, unknown>, to: Map<unknown, unknown>, seen: Seen): object {
  for (const [key, value] of from) to.set(clone(key, seen), clone(value, seen));
  return to;
}

function cloneSet(from: Set<unknown>, to: Set<unknown>, seen: Seen): object {
  for (const value of from) to.add(clone(value, seen));
  return to;
}

const errorClasses: readonly ErrorConstructor[] = [
  EvalError,
  RangeError,
  ReferenceError,
  SyntaxError,
  TypeError,
  URIError,
];

function cloneError(error: Error, keep: <T extends object>(copy: T) => T, seen: Seen): object {
  const ErrorClass = errorClasses.find((each) => error instanceof each) ?? Error;
  const copy = keep(new ErrorClass(error.message));
  copy.stack = error.stack;
  if (Object.hasOwn(error, 'cause')) copy.cause = clone(error.cause, seen);
  return copy;
}

function copyProperties(from: object, to: object, seen: Seen): object {
  const target = to as Record<string, unknown>;
  for (const [key, value] of Object.entries(from)) target[key] = clone(value, seen);
  return to;
}
