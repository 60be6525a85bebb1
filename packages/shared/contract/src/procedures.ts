/** The kinds of procedure: who may call them, and how refusals travel. */
import { PerdureServiceError } from '@perdure/common';
import { TRPCError, initTRPC } from '@trpc/server';
import { bytesTransformer } from './bytes-transformer.ts';
import type { Caller, NamespaceCaller } from './caller.ts';
import type { Services } from './services.ts';

/** What every procedure gets from the gateway. */
export interface ContractContext {
  readonly services: Services;
  readonly caller: Caller;
}

const t = initTRPC.context<ContractContext>().create({
  transformer: bytesTransformer,
  errorFormatter({ shape, error }) {
    const refusal = error.cause instanceof PerdureServiceError ? error.cause : undefined;
    return { ...shape, data: { ...shape.data, perdure: refusal && { code: refusal.code, fields: refusal.fields } } };
  },
});

export const router = t.router;

/** For callers with an API key; the namespace they name must be the key's own. */
export const namespaceProcedure = t.procedure.use(async ({ ctx, getRawInput, next }) => {
  const { caller } = ctx;
  if (caller.kind !== 'namespace') {
    throw refuse(new PerdureServiceError('PERMISSION_DENIED', 'this call needs an API key of a namespace; the operator token has none'));
  }
  checkNamespace(caller, await getRawInput());
  return next({ ctx: { ...ctx, caller } });
});

/** For whoever runs the server. */
export const operatorProcedure = t.procedure.use(({ ctx, next }) => {
  if (ctx.caller.kind === 'operator') return next();
  throw refuse(new PerdureServiceError('PERMISSION_DENIED', 'this call needs the operator token; an API key of a namespace was given'));
});

function checkNamespace(caller: NamespaceCaller, input: unknown): void {
  const named = (input as { namespace?: unknown } | undefined)?.namespace;
  if (typeof named !== 'string' || named === caller.namespace) return;
  throw refuse(
    new PerdureServiceError(
      'NAMESPACE_NOT_FOUND',
      `namespace '${named}' was not found with this API key, which belongs to '${caller.namespace}'; set PERDURE_NAMESPACE to match the key`,
      { namespace: named },
    ),
  );
}

function refuse(cause: PerdureServiceError): TRPCError {
  return new TRPCError({ code: 'FORBIDDEN', message: cause.message, cause });
}
