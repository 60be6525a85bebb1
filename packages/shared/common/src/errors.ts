/**
 * Errors that are not workflow failures: wrong use of the API, and what the server refuses.
 * A server refusal carries a stable string code and fields a caller can act on.
 */
import type { WorkflowExecutionStatus } from './enums.ts';
import { defineSymbolErrorClass } from './symbol-error-class.ts';

/** An argument has a wrong value. */
export class ValueError extends Error {}
defineSymbolErrorClass('ValueError')(ValueError);

/** A call that is not allowed in the present state. */
export class IllegalStateError extends Error {}
defineSymbolErrorClass('IllegalStateError')(IllegalStateError);

/** A value could not be turned into a payload, or a payload not into a value. */
export class PayloadConverterError extends ValueError {}
defineSymbolErrorClass('PayloadConverterError')(PayloadConverterError);

/** Thrown by an activity that will be completed later by its task token. */
export class CompleteAsyncError extends Error {}
defineSymbolErrorClass('CompleteAsyncError')(CompleteAsyncError);

/** No such workflow, or the run has closed already. */
export class WorkflowNotFoundError extends Error {
  readonly workflowId: string;
  readonly runId: string | undefined;
  constructor(message: string, workflowId: string, runId: string | undefined) {
    super(message);
    this.workflowId = workflowId;
    this.runId = runId;
  }
}
defineSymbolErrorClass('WorkflowNotFoundError')(WorkflowNotFoundError);

/** The namespace does not exist, or this API key does not belong to it. */
export class NamespaceNotFoundError extends Error {
  readonly namespace: string;
  constructor(namespace: string) {
    super(
      `namespace '${namespace}' was not found with this API key; use the namespace the key was made for`,
    );
    this.namespace = namespace;
  }
}
defineSymbolErrorClass('NamespaceNotFoundError')(NamespaceNotFoundError);

/** Every code a server reply can carry. Closed: adding one is a change of the contract. */
export const errorCodes = [
  'UNAUTHENTICATED',
  'PERMISSION_DENIED',
  'NAMESPACE_NOT_FOUND',
  'NAMESPACE_ALREADY_EXISTS',
  'WORKFLOW_NOT_FOUND',
  'WORKFLOW_ALREADY_STARTED',
  /** The workflow cannot answer now: it has not run yet, or its workflow task keeps failing. */
  'WORKFLOW_NOT_READY',
  'UPDATE_NOT_FOUND',
  /** The activity, or this attempt of it, has ended or never was. */
  'ACTIVITY_NOT_FOUND',
  /** The run is in a state for which the caller did not want an answer. */
  'QUERY_REJECTED',
  /** A limit of the run or the namespace is reached; later there may be room. */
  'RESOURCE_EXHAUSTED',
  'INVALID_ARGUMENT',
  'PLAINTEXT_REFUSED',
  'PAYLOAD_TOO_LARGE',
  'MALFORMED_FRAME',
  'DEADLINE_EXCEEDED',
  /** The caller gave the call up. */
  'CANCELLED',
  'UNAVAILABLE',
  'INTERNAL',
] as const;

/** One of {@link errorCodes}. */
export type ErrorCode = (typeof errorCodes)[number];

/** Facts a caller can act on, beside the message. */
export interface ServiceErrorFields {
  readonly workflowId?: string;
  readonly runId?: string;
  readonly workflowType?: string;
  /** Of the run that the call found. */
  readonly status?: WorkflowExecutionStatus;
  readonly activityId?: string;
  readonly updateId?: string;
  readonly namespace?: string;
  /** The argument that was refused. */
  readonly field?: string;
  /** Whether the same call may succeed later without a change. */
  readonly retryable?: boolean;
}

/** A refusal by the server (or by the way there). */
export class PerdureServiceError extends Error {
  readonly code: ErrorCode;
  readonly fields: ServiceErrorFields;
  constructor(code: ErrorCode, message: string, fields: ServiceErrorFields = {}) {
    super(message);
    this.code = code;
    this.fields = fields;
  }
}
defineSymbolErrorClass('PerdureServiceError')(PerdureServiceError);
