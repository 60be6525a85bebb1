/**
 * The sandbox's own global object while it is being furnished, before anything is frozen. Typed
 * loosely on purpose: it is the one place where globals are taken away and put in.
 */
export const realm = globalThis as unknown as Record<string, unknown>;

/** Puts a global in place, as built-in ones are: not enumerable. */
export function defineGlobal(name: string, value: unknown): void {
  Object.defineProperty(realm, name, { value, writable: true, configurable: true });
}

/** Takes a global away. */
export function removeGlobal(name: string): void {
  delete realm[name];
}
