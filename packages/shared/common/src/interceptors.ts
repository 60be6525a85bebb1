/** What all interceptors have in common. */

/** The second argument of an interceptor's method: goes on with the call. */
export type Next<
  Interceptor,
  Method extends keyof Interceptor,
> = Required<Interceptor>[Method] extends (input: infer Input, next: never) => infer Output
  ? (input: Input) => Output
  : never;
