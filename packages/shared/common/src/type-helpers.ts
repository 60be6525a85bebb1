/**
 * Small questions about values whose type is not known, and small sums with types. Importable as
 * `@perdure/common/lib/type-helpers`.
 */
import { defineSymbolErrorClass } from './symbol-error-class.ts';

/** Any function. */
// oxlint-disable-next-line typescript/no-explicit-any -- contravariant position: any function fits
export type AnyFunc = (...args: any[]) => any;

/** A tuple without its last element. */
export type OmitLast<T> = T extends [...infer Rest, unknown] ? Rest : never;

/** A function without its last parameter. */
export type OmitLastParam<F extends AnyFunc> = (...args: OmitLast<Parameters<F>>) => ReturnType<F>;

/** A tuple without its first element. */
export type OmitFirst<T> = T extends [unknown, ...infer Rest] ? Rest : never;

/** A function without its first parameter. */
export type OmitFirstParam<F> = F extends AnyFunc
  ? (...args: OmitFirst<Parameters<F>>) => ReturnType<F>
  : never;

/** The same fields, none of them missing, null or undefined. */
export type NonNullableObject<T> = { [K in keyof T]-?: NonNullable<T[K]> };

/** At least one of some fields has to be there. */
export type RequireAtLeastOne<T, Keys extends keyof T = keyof T> = Omit<T, Keys> &
  { [K in Keys]-?: Required<Pick<T, K>> & Partial<Pick<T, Exclude<Keys, K>>> }[Keys];

/** An object type with some of its fields exchanged. */
export type Replace<Base, New> = Omit<Base, keyof New> & New;

/** What a text is after a prefix; `never` for texts without it. */
export type RemovePrefix<
  Prefix extends string,
  Text extends string,
> = Text extends `${Prefix}${infer Rest}` ? Rest : never;

/** All members of a union at once. */
export type UnionToIntersection<Union> = (
  Union extends unknown ? (member: Union) => void : never
) extends (all: infer Intersection) => void
  ? Intersection & Union
  : never;

/** A class of errors. */
export interface Class<E extends Error> {
  // oxlint-disable-next-line typescript/no-explicit-any -- contravariant position: any class fits
  new (...args: any[]): E;
  prototype: E;
}

/** Compiles when the second type fits the first; does nothing. */
export function checkExtends<_Wide, _Narrow extends _Wide>(): void {}

/** Whether it is an object (or array), so that its fields may be looked at. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

/** Whether an object has a field of its own or by inheritance. */
export function hasOwnProperty<X extends Record<string, unknown>, Y extends PropertyKey>(
  record: X,
  property: Y,
): record is X & Record<Y, unknown> {
  return property in record;
}

/** Whether an object has all of some fields. */
export function hasOwnProperties<X extends Record<string, unknown>, Y extends PropertyKey>(
  record: X,
  properties: Y[],
): record is X & Record<Y, unknown> {
  return properties.every((property) => property in record);
}

/** Whether it is an error, of whatever realm. */
export function isError(value: unknown): value is Error {
  return (
    isRecord(value) && typeof value['name'] === 'string' && typeof value['message'] === 'string'
  );
}

/** Whether it is what an `AbortSignal` rejects with. */
export function isAbortError(value: unknown): value is Error & { name: 'AbortError' } {
  return isError(value) && value.name === 'AbortError';
}

/** The message of an error, or the text itself; `undefined` for anything else. */
export function errorMessage(error: unknown): string | undefined {
  if (typeof error === 'string') return error;
  return isError(error) ? error.message : undefined;
}

/** The code of an error (`'ENOENT'`); `undefined` when it has none that is text. */
export function errorCode(error: unknown): string | undefined {
  const code = isRecord(error) ? error['code'] : undefined;
  return typeof code === 'string' ? code : undefined;
}

/**
 * Reached by nothing when every case has been dealt with, which the compiler checks.
 *
 * @throws TypeError when it is reached all the same
 */
export function assertNever(message: string, value: never): never {
  throw new TypeError(`${message}: ${String(value)}`);
}

/** As decorator or called: `instanceof` agrees between copies of the class, and `name` is set. */
export function SymbolBasedInstanceOfError<E extends Error>(
  markerName: string,
): (target: Class<E>) => void {
  return defineSymbolErrorClass(markerName);
}
