/**
 * Makes `instanceof` agree between two copies of a class: the sandbox and the host each load this
 * package, and a user's bundle may hold a third copy. Also sets `error.name`.
 */
export function defineSymbolErrorClass(name: string) {
  return (target: { readonly prototype: Error }): void => {
    const mark = Symbol.for(`perdure.error.${name}`);
    Object.defineProperty(target.prototype, 'name', {
      value: name,
      writable: true,
      configurable: true,
    });
    Object.defineProperty(target.prototype, mark, { value: true });
    Object.defineProperty(target, Symbol.hasInstance, {
      value(this: unknown, instance: unknown): boolean {
        if (this !== target) return Function.prototype[Symbol.hasInstance].call(this, instance);
        return typeof instance === 'object' && instance !== null && mark in instance;
      },
    });
  };
}
