/** JSON values, and the paths by which tables name places in them. */

/** What JSON text stands for. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
/** A JSON object; a field that is `undefined` is not there. */
export interface JsonObject {
  readonly [name: string]: Json | undefined;
}

/** @throws TypeError when a value is not a JSON object */
export function objectOf(value: unknown): JsonObject {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as JsonObject;
  }
  throw new TypeError(`wanted an object; got ${kindOf(value)}`);
}

/** @throws TypeError when a value is not a list */
export function listOf(value: unknown): readonly Json[] {
  if (Array.isArray(value)) return value as Json[];
  throw new TypeError(`wanted a list; got ${kindOf(value)}`);
}

/** @throws TypeError when a value is not text */
export function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  throw new TypeError(`wanted text; got ${kindOf(value)}`);
}

/** The value at the end of a path; `undefined` where the path breaks off, or ends at null. */
export function valueAt(root: JsonObject, path: readonly string[]): Json | undefined {
  let at: Json | undefined = root;
  for (const name of path) {
    if (at === undefined || at === null) return undefined;
    at = objectOf(at)[name];
  }
  return at ?? undefined;
}

/** Puts a value at the end of a path, making the objects on the way. */
export function putAt(root: JsonObject, path: readonly string[], value: Json): void {
  let at = root as Record<string, Json | undefined>;
  for (const name of path.slice(0, -1)) {
    at[name] ??= {};
    at = at[name] as Record<string, Json | undefined>;
  }
  at[path.at(-1)!] = value;
}

/** What a value is, in words that do not quote it. */
export function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'an object' : typeof value;
}
