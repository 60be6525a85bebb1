/** How a call runs through the interceptors of a run: costs nothing where there are none. */
import type { WorkflowInterceptors } from '../interceptors.ts';

/** The interceptors of one run, by where they stand. */
export type RunInterceptors = {
  readonly [K in keyof WorkflowInterceptors]-?: NonNullable<WorkflowInterceptors[K]>;
};

type AnyCall = (input: never, next: never) => unknown;
type NextOf<F> = F extends (input: infer I, next: never) => infer R ? (input: I) => R : never;

/**
 * A function that calls the method of the first interceptor that has it, which calls the next, and
 * so on to `last`.
 */
export function intercepted<I extends object, K extends keyof I & string>(
  interceptors: readonly I[] | undefined,
  method: K,
  last: NextOf<NonNullable<I[K]>>,
): NextOf<NonNullable<I[K]>> {
  if (!interceptors || interceptors.length === 0) return last;
  let next = last as (input: never) => unknown;
  for (const interceptor of interceptors.toReversed()) {
    if (interceptor[method] === undefined) continue;
    const call = next;
    next = (input: never) => (interceptor[method] as AnyCall)(input, call as never);
  }
  return next as NextOf<NonNullable<I[K]>>;
}
