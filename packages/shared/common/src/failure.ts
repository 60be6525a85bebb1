/**
 * The failure classes that cross from activity to workflow to client. Names, fields and messages
 * follow the field's public API (reference: sdk-api "common"); causes chain through `cause`.
 */
import type { DecodedFailure } from './converter/payload.ts';
import type { RetryState, TimeoutType } from './enums.ts';
import { defineSymbolErrorClass } from './symbol-error-class.ts';
import type { Duration } from './time.ts';

/** Base of every failure that crosses a workflow or activity boundary. */
export class TemporalFailure extends Error {
  declare readonly cause?: Error;
  /** What it was made from, as that travelled; undefined for one that was born in this process. */
  declare readonly failure?: DecodedFailure;
  constructor(message?: string, cause?: Error) {
    super(message);
    if (cause !== undefined) {
      Object.defineProperty(this, 'cause', { value: cause, writable: true, configurable: true });
    }
  }
}
defineSymbolErrorClass('TemporalFailure')(TemporalFailure);

/** How much notice a failure of user code deserves. */
export const ApplicationFailureCategory = {
  /** Expected now and then: no warning in logs. */
  BENIGN: 'BENIGN',
} as const;
export type ApplicationFailureCategory =
  (typeof ApplicationFailureCategory)[keyof typeof ApplicationFailureCategory];

/** Named form of the constructor of {@link ApplicationFailure}. */
export interface ApplicationFailureOptions {
  message?: string;
  /** What `nonRetryableErrorTypes` matches on. */
  type?: string;
  /** Default false. */
  nonRetryable?: boolean;
  details?: unknown[];
  cause?: Error;
  /** Replaces the retry policy's interval for the next retry only (semantics 12). */
  nextRetryDelay?: Duration;
  /** Travels with the failure; the worker of a benign one logs it as `debug`, not as `warn`. */
  category?: ApplicationFailureCategory;
}

/** A failure thrown by user code. */
export class ApplicationFailure extends TemporalFailure {
  readonly type: string | undefined;
  readonly nonRetryable: boolean;
  readonly details: unknown[] | undefined;
  readonly nextRetryDelay: Duration | undefined;
  readonly category: ApplicationFailureCategory | undefined;

  constructor(
    message?: string | null,
    type?: string | null,
    nonRetryable?: boolean | null,
    details?: unknown[] | null,
    cause?: Error,
    nextRetryDelay?: Duration | null,
    category?: ApplicationFailureCategory | null,
  ) {
    super(message ?? undefined, cause);
    this.type = type ?? undefined;
    this.nonRetryable = nonRetryable ?? false;
    this.details = details ?? undefined;
    this.nextRetryDelay = nextRetryDelay ?? undefined;
    this.category = category ?? undefined;
  }

  /** From named options. */
  static create(options: ApplicationFailureOptions): ApplicationFailure {
    const { message, type, nonRetryable, details, cause, nextRetryDelay, category } = options;
    return new this(message, type, nonRetryable, details, cause, nextRetryDelay, category);
  }

  /** A failure that the retry policy may retry. */
  static retryable(message?: string, type?: string, ...details: unknown[]): ApplicationFailure {
    return new this(message, type ?? 'Error', false, details);
  }

  /** A failure that is never retried. */
  static nonRetryable(message?: string, type?: string, ...details: unknown[]): ApplicationFailure {
    return new this(message, type ?? 'Error', true, details);
  }

  /** Wraps any thrown value, keeping its message, stack and, unless overridden, its class name. */
  static fromError(error: unknown, overrides: ApplicationFailureOptions = {}): ApplicationFailure {
    const isError = error instanceof Error;
    const failure = new this(
      overrides.message ?? (isError ? error.message : String(error)),
      overrides.type ?? (isError ? classNameOf(error) : undefined),
      overrides.nonRetryable ?? false,
      overrides.details ?? [],
      overrides.cause ?? (isError ? (error.cause as Error | undefined) : undefined),
      overrides.nextRetryDelay,
      overrides.category,
    );
    if (isError) failure.stack = error.stack;
    return failure;
  }
}
defineSymbolErrorClass('ApplicationFailure')(ApplicationFailure);

/** A cancellation, as the cancelled code sees it. */
export class CancelledFailure extends TemporalFailure {
  readonly details: unknown[];
  constructor(message?: string, details: unknown[] = [], cause?: Error) {
    super(message, cause);
    this.details = details;
  }
}
defineSymbolErrorClass('CancelledFailure')(CancelledFailure);

/** The workflow was terminated. */
export class TerminatedFailure extends TemporalFailure {}
defineSymbolErrorClass('TerminatedFailure')(TerminatedFailure);

/** A deadline passed. */
export class TimeoutFailure extends TemporalFailure {
  readonly lastHeartbeatDetails: unknown;
  readonly timeoutType: TimeoutType;
  constructor(
    message: string | undefined,
    lastHeartbeatDetails: unknown,
    timeoutType: TimeoutType,
    cause?: Error,
  ) {
    super(message, cause);
    this.lastHeartbeatDetails = lastHeartbeatDetails;
    this.timeoutType = timeoutType;
  }
}
defineSymbolErrorClass('TimeoutFailure')(TimeoutFailure);

/** A failure that the server itself made. */
export class ServerFailure extends TemporalFailure {
  readonly nonRetryable: boolean;
  constructor(message: string | undefined, nonRetryable: boolean, cause?: Error) {
    super(message, cause);
    this.nonRetryable = nonRetryable;
  }
}
defineSymbolErrorClass('ServerFailure')(ServerFailure);

/** An activity call failed; `cause` says why. */
export class ActivityFailure extends TemporalFailure {
  readonly activityType: string;
  readonly activityId: string | undefined;
  readonly retryState: RetryState;
  readonly identity: string | undefined;
  constructor(
    message: string | undefined,
    activityType: string,
    activityId: string | undefined,
    retryState: RetryState,
    identity: string | undefined,
    cause?: Error,
  ) {
    super(message, cause);
    this.activityType = activityType;
    this.activityId = activityId;
    this.retryState = retryState;
    this.identity = identity;
  }
}
defineSymbolErrorClass('ActivityFailure')(ActivityFailure);

/** A child workflow did not complete, or could not be started; `cause` says why. */
export class ChildWorkflowFailure extends TemporalFailure {
  readonly namespace: string | undefined;
  readonly execution: { readonly workflowId: string; readonly runId?: string };
  readonly workflowType: string;
  readonly retryState: RetryState;
  constructor(
    namespace: string | undefined,
    execution: { readonly workflowId: string; readonly runId?: string },
    workflowType: string,
    retryState: RetryState,
    cause?: Error,
  ) {
    super('Child Workflow execution failed', cause);
    this.namespace = namespace;
    this.execution = execution;
    this.workflowType = workflowType;
    this.retryState = retryState;
  }
}
defineSymbolErrorClass('ChildWorkflowFailure')(ChildWorkflowFailure);

/**
 * A run with this workflow id is open, or the id may not be reused (semantics 58). What a workflow
 * gets for a child whose id is taken (semantics 32): so it is one of the failures that end a run.
 */
export class WorkflowExecutionAlreadyStartedError extends TemporalFailure {
  readonly workflowId: string;
  readonly workflowType: string;
  constructor(message: string, workflowId: string, workflowType: string) {
    super(message);
    this.workflowId = workflowId;
    this.workflowType = workflowType;
  }
}
defineSymbolErrorClass('WorkflowExecutionAlreadyStartedError')(
  WorkflowExecutionAlreadyStartedError,
);

/** Any thrown value as an {@link ApplicationFailure}; `type` is the error's class name. */
export function ensureApplicationFailure(error: unknown): ApplicationFailure {
  return error instanceof ApplicationFailure ? error : ApplicationFailure.fromError(error);
}

/** Like {@link ensureApplicationFailure}, letting every {@link TemporalFailure} through. */
export function ensureTemporalFailure(error: unknown): TemporalFailure {
  return error instanceof TemporalFailure ? error : ensureApplicationFailure(error);
}

/** Message of the innermost cause of a failure. */
export function rootCause(error: unknown): string | undefined {
  if (error instanceof TemporalFailure && error.cause) return rootCause(error.cause);
  if (error instanceof Error) return error.message;
  return typeof error === 'string' ? error : undefined;
}

/**
 * Whether a failure is a cancellation: itself, or as the direct cause of an activity's or child
 * workflow's failure. Deeper causes do not count.
 */
export function isCancellation(error: unknown): boolean {
  if (error instanceof CancelledFailure) return true;
  const wraps = error instanceof ActivityFailure || error instanceof ChildWorkflowFailure;
  return wraps && error.cause instanceof CancelledFailure;
}

function classNameOf(error: Error): string {
  return error.constructor?.name || error.name;
}
