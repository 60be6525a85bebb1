/** Calls a procedure of the contract for a message of the stream. */
import { PerdureServiceError } from '@perdure/common';
import { type ContractContext, appRouter, refusalIn } from '@perdure/contract';
import { TRPCError, callTRPCProcedure } from '@trpc/server';

/**
 * @throws PerdureServiceError for every refusal, bad input included; anything else is a bug
 */
export async function callProcedure(
  ctx: ContractContext,
  path: string,
  input: unknown,
  signal: AbortSignal,
): Promise<unknown> {
  const procedures = appRouter._def.procedures as unknown as Record<
    string,
    { _def: { type: 'query' | 'mutation' } }
  >;
  const procedure = Object.hasOwn(procedures, path) ? procedures[path] : undefined;
  if (!procedure) {
    throw new PerdureServiceError(
      'INVALID_ARGUMENT',
      `there is no procedure '${path}'; is the SDK newer than the server?`,
    );
  }
  try {
    return await callTRPCProcedure({
      router: appRouter,
      path,
      getRawInput: async () => input,
      ctx,
      type: procedure._def.type,
      signal,
      batchIndex: 0,
    });
  } catch (error) {
    throw refusalOf(error);
  }
}

function refusalOf(error: unknown): unknown {
  if (!(error instanceof TRPCError)) return error;
  return refusalIn(error) ?? error.cause ?? error;
}
