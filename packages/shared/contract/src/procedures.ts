/** The kinds of procedure: who may call them, and how refusals travel. */
import { PerdureServiceError } from '@perdure/common';
import { TRPCError, initTRPC } from '@trpc/server';
import { bytesTransformer } from './bytes-transformer.ts';
import type { Caller, NamespaceCaller } from './caller.ts';
import { faultInside, httpStatusOf, refusalIn } from './refusals.ts';
import type { Services } from './services.ts';

/** What every procedure gets from the gateway. */
export interface ContractContext {
  readonly services: Services;
  readonly caller: Caller;
}

const t = initTRPC.context<ContractContext>().create({
  transformer: bytesTransformer,
  // No stack traces to strangers, whatever the environment.
  isDev: false,
  errorFormatter({ shape, error }) {
    const { code, message, fields } = refusalIn(error) ?? faultInside();
    const { path } = shape.data;
    const httpStatus = httpStatusOf[code];
    return { ...shape, message, data: { code, httpStatus, path, perdure: { code, fields } } };
  },
});

export const router = t.router;
export const mergeRouters = t.mergeRouters;

/** For callers with an API key. Its functions ask {@link callerOf} first. */
export const namespaceProcedure = t.procedure;

/**
 * The caller, if the namespace that the call names is its own.
 *
 * A function, not a middleware: these calls are on the hot path, and a layer of middleware costs
 * more than the check.
 *
 * @throws TRPCError caused by PerdureServiceError PERMISSION_DENIED or NAMESPACE_NOT_FOUND
 */
export function callerOf({ caller }: ContractContext, namespace: string): NamespaceCaller {
  if (caller.kind !== 'namespace') {
    throw refuse(
      new PerdureServiceError(
        'PERMISSION_DENIED',
        'this call needs an API key of a namespace; the operator token has none',
      ),
    );
  }
  if (namespace === caller.namespace) return caller;
  throw refuse(
    new PerdureServiceError(
      'NAMESPACE_NOT_FOUND',
      `namespace '${namespace}' was not found with this API key, which belongs to '${caller.namespace}'; set PERDURE_NAMESPACE to match the key`,
      { namespace },
    ),
  );
}

/** For whoever runs the server. */
export const operatorProcedure = t.procedure.use(({ ctx, next }) => {
  if (ctx.caller.kind === 'operator') return next();
  throw refuse(
    new PerdureServiceError(
      'PERMISSION_DENIED',
      'this call needs the operator token; an API key of a namespace was given',
    ),
  );
});

function refuse(cause: PerdureServiceError): TRPCError {
  return new TRPCError({ code: 'FORBIDDEN', message: cause.message, cause });
}
