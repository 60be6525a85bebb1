/**
 * Makes everything that runs share unchangeable, so that no run can leave a message or a trap for
 * another: every built-in, every global, every class and object of the SDK.
 *
 * A property of a frozen prototype cannot be assigned on the objects below it either, which breaks
 * code as ordinary as `this.name = 'MyError'`. For the properties that code does override so, the
 * prototype gets an accessor that defines the property on the object assigned to.
 */

type Properties = Record<PropertyKey, unknown>;

const overridableOfObject = [
  'constructor',
  'hasOwnProperty',
  'isPrototypeOf',
  'propertyIsEnumerable',
  'toLocaleString',
  'toString',
  'valueOf',
];
const overridableOfError = ['constructor', 'message', 'name', 'toString'];

/** Freezes the realm's globals and built-ins, and all that can be reached from `exports`. */
export function freezeSharedObjects(exports: readonly unknown[]): void {
  const shared = reachableFrom([globalThis, ...hiddenIntrinsics(), ...exports]);
  for (const object of shared) makeOverridable(object);
  for (const object of shared) freeze(object);
}

/** Built-ins that no global names. */
function hiddenIntrinsics(): object[] {
  function* generator(): Generator {}
  async function* asyncGenerator(): AsyncGenerator {}
  const prototype: (value: object) => object = Object.getPrototypeOf;
  return [
    prototype(async () => {}),
    prototype(generator),
    prototype(asyncGenerator),
    prototype([][Symbol.iterator]()),
    prototype(''[Symbol.iterator]()),
    prototype(new Map().entries()),
    prototype(new Set().entries()),
    prototype('a'.matchAll(/a/g)),
    prototype(Uint8Array),
  ];
}

function reachableFrom(roots: readonly unknown[]): Set<object> {
  const found = new Set(roots.filter(isObject));
  for (const object of found) {
    for (const value of neighbours(object)) if (isObject(value)) found.add(value);
  }
  return found;
}

function isObject(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}

function* neighbours(object: object): Generator<unknown> {
  yield Object.getPrototypeOf(object);
  // The elements of a typed array are numbers, and there may be many.
  if (ArrayBuffer.isView(object)) return;
  for (const key of Reflect.ownKeys(object)) {
    // Value, getter and setter, and flags, which no caller mistakes for objects.
    yield* Object.values(Object.getOwnPropertyDescriptor(object, key) as PropertyDescriptor);
  }
}

function makeOverridable(object: object): void {
  if (object === Object.prototype) override(object, overridableOfObject);
  if (object === Error.prototype || Error.prototype.isPrototypeOf(object)) {
    override(object, overridableOfError);
  }
}

function override(prototype: object, keys: readonly string[]): void {
  for (const key of keys) {
    const property = Object.getOwnPropertyDescriptor(prototype, key);
    if (!property?.configurable || !('value' in property)) continue;
    const { value } = property as { value: unknown };
    Object.defineProperty(prototype, key, {
      get: () => value,
      set(this: object, replacement: unknown) {
        defineOwn(this, prototype, key, replacement);
      },
      enumerable: property.enumerable,
      configurable: true,
    });
  }
}

function defineOwn(target: object, prototype: object, key: string, value: unknown): void {
  if (target === prototype) {
    throw new TypeError(`Cannot assign to '${key}' of an object that all workflows share`);
  }
  Object.defineProperty(target, key, {
    value,
    writable: true,
    enumerable: true,
    configurable: true,
  });
}

function freeze(object: object): void {
  if (ArrayBuffer.isView(object)) return;
  if (object === Error) {
    keepStackTraceLimit(object as Properties);
  } else {
    Object.freeze(object);
  }
}

/** V8 reads it as a plain property and libraries assign to it; each activation starts from 10. */
function keepStackTraceLimit(error: Properties): void {
  for (const key of Reflect.ownKeys(error)) {
    if (key === 'stackTraceLimit') continue;
    const { writable } = Object.getOwnPropertyDescriptor(error, key) as PropertyDescriptor;
    Object.defineProperty(
      error,
      key,
      writable ? { writable: false, configurable: false } : { configurable: false },
    );
  }
  Object.preventExtensions(error);
}
