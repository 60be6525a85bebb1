/** How refusals and faults look to whoever calls: over the stream and over HTTP alike. */
import { type ErrorCode, PerdureServiceError } from '@perdure/common';
import type { TRPCError } from '@trpc/server';
import { ZodError } from 'zod';

/** The refusal in an error of tRPC; undefined when it is a fault of ours. */
export function refusalIn(error: TRPCError): PerdureServiceError | undefined {
  const { cause } = error;
  if (cause instanceof PerdureServiceError) return cause;
  // Of the input alone: what else does not fit its schema here is a fault of ours.
  if (cause instanceof ZodError && error.code === 'BAD_REQUEST') return badInput(cause);
  if (error.code === 'INTERNAL_SERVER_ERROR') return undefined;
  // tRPC's own: no such procedure, a body that is no JSON, a wrong method.
  return new PerdureServiceError('INVALID_ARGUMENT', error.message);
}

/** Whether an error is no refusal: then its text is for the log and for nobody else. */
export function isOurFault(error: TRPCError): boolean {
  return refusalIn(error) === undefined;
}

/** What callers are told of a fault of ours. */
export function faultInside(): PerdureServiceError {
  return new PerdureServiceError(
    'INTERNAL',
    'the server failed at this request; its log says why. Try again',
    { retryable: true },
  );
}

function badInput({ issues }: ZodError): PerdureServiceError {
  const [issue] = issues;
  const field = issue?.path.join('.') ?? '';
  return new PerdureServiceError(
    'INVALID_ARGUMENT',
    `'${field}' is not acceptable: ${issue?.message ?? 'invalid'}`,
    { field },
  );
}

/** HTTP status of each code. */
export const httpStatusOf: Readonly<Record<ErrorCode, number>> = {
  UNAUTHENTICATED: 401,
  PERMISSION_DENIED: 403,
  NAMESPACE_NOT_FOUND: 403,
  NAMESPACE_ALREADY_EXISTS: 409,
  WORKFLOW_NOT_FOUND: 404,
  WORKFLOW_ALREADY_STARTED: 409,
  WORKFLOW_NOT_READY: 409,
  UPDATE_NOT_FOUND: 404,
  ACTIVITY_NOT_FOUND: 404,
  QUERY_REJECTED: 409,
  RESOURCE_EXHAUSTED: 429,
  INVALID_ARGUMENT: 400,
  PLAINTEXT_REFUSED: 400,
  PAYLOAD_TOO_LARGE: 413,
  MALFORMED_FRAME: 400,
  DEADLINE_EXCEEDED: 504,
  CANCELLED: 499,
  UNAVAILABLE: 503,
  INTERNAL: 500,
};
