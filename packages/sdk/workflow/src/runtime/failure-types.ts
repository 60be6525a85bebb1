/** Which errors, beside failures, fail the run and not just its task (semantics 48). */

/** Error classes, as workflow code names them. */
export type FailureClasses = readonly (abstract new (...args: never[]) => Error)[];

/** What one workflow type lists, and what its worker lists for it. */
export interface FailureTypes {
  readonly classes: FailureClasses;
  /** Class names; `Error` means every error. */
  readonly names: readonly string[];
}

/** Whether an error is one of those listed, by its class or a class it extends. */
export function isListed({ classes, names }: FailureTypes, error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (classes.some((each) => error instanceof each)) return true;
  return names.length > 0 && classNamesOf(error).some((name) => names.includes(name));
}

function classNamesOf(error: Error): string[] {
  const found = [error.name];
  for (
    let prototype = Object.getPrototypeOf(error) as Error | null;
    prototype && prototype !== Object.prototype;
    prototype = Object.getPrototypeOf(prototype) as Error | null
  ) {
    found.push(prototype.constructor.name);
  }
  return found;
}
