/**
 * Errors to failures and back, in the sandbox as well as in the host. What crosses a boundary keeps
 * its class, message, stack, details and chain of causes; what is thrown on unchanged travels on
 * unchanged, because an error made from a failure remembers that failure.
 */
import { PayloadConverterError, ValueError } from '../errors.ts';
import { RetryState } from '../enums.ts';
import {
  ActivityFailure,
  ApplicationFailure,
  CancelledFailure,
  ChildWorkflowFailure,
  ServerFailure,
  TemporalFailure,
  TerminatedFailure,
  TimeoutFailure,
} from '../failure.ts';
import { msOptionalToNumber } from '../time.ts';
import {
  type PayloadConverter,
  arrayFromPayloads,
  fromPayloadsAtIndex,
  toPayloads,
} from './payload-converter.ts';
import type { DecodedFailure, DecodedFailureInfo } from './payload.ts';

/** `source` of every failure made here. */
export const FAILURE_SOURCE = 'TypeScriptSDK';

/** Deepest chain of causes that is kept; a cause that causes itself ends here too. */
export const MAX_FAILURE_CAUSES = 32;

/** Turns errors into failures and back. */
export interface FailureConverter {
  /** Any thrown value as a failure. Never throws for the value's sake. */
  errorToFailure(error: unknown, payloadConverter: PayloadConverter): DecodedFailure;
  /** @throws PayloadConverterError when details cannot be turned into values */
  failureToError(failure: DecodedFailure, payloadConverter: PayloadConverter): Error;
}

/**
 * The failure that an error was made from, as it travelled.
 * `undefined` for errors that were born in this process.
 */
export function failureOf(error: unknown): DecodedFailure | undefined {
  return error instanceof TemporalFailure ? error.failure : undefined;
}

/** Options of a {@link DefaultFailureConverter}. */
export interface DefaultFailureConverterOptions {
  /**
   * Whether messages and stacks leave as payloads, through the codecs of the data converter. With a
   * key ring they do in any case. Default false.
   */
  encodeCommonAttributes?: boolean;
}

/** The field's conventions: see semantics 4 to 11, 21 to 31 and sdk-api "common". */
export class DefaultFailureConverter implements FailureConverter {
  readonly options: DefaultFailureConverterOptions;

  constructor(options: DefaultFailureConverterOptions = {}) {
    this.options = options;
  }

  errorToFailure(error: unknown, payloadConverter: PayloadConverter): DecodedFailure {
    return toFailure(error, payloadConverter, 0);
  }

  failureToError(failure: DecodedFailure, payloadConverter: PayloadConverter): TemporalFailure {
    const cause = failure.cause && this.failureToError(failure.cause, payloadConverter);
    const error = instantiate(failure, cause, payloadConverter);
    // Not enumerable: loggers must not print payloads.
    Object.defineProperty(error, 'failure', { value: failure, configurable: true });
    error.stack = failure.stackTrace || `${error.name}: ${error.message}`;
    return error;
  }
}

/** The converter used where no other is named. */
export const defaultFailureConverter: FailureConverter = new DefaultFailureConverter();

function toFailure(error: unknown, converter: PayloadConverter, depth: number): DecodedFailure {
  const original = failureOf(error);
  if (original) return original;
  if (!isError(error)) {
    // Semantics 6: the text of the value, and no type.
    return { message: textOf(error), source: FAILURE_SOURCE, info: { kind: 'application' } };
  }
  const { info, problem } = infoOf(error, converter);
  const causedBy = error.cause;
  const message = textOf(error.message);
  return {
    message: problem === undefined ? message : `${message} (${problem})`,
    stackTrace: typeof error.stack === 'string' ? error.stack : undefined,
    source: FAILURE_SOURCE,
    info,
    cause:
      causedBy === undefined || causedBy === null || depth >= MAX_FAILURE_CAUSES
        ? undefined
        : toFailure(causedBy, converter, depth + 1),
  };
}

/** A failure that cannot carry its details is still reported, and says so. */
function infoOf(
  error: Error,
  converter: PayloadConverter,
): { info: DecodedFailureInfo; problem?: string } {
  try {
    return { info: specificInfo(error, converter) };
  } catch (reason) {
    const why = isError(reason) ? reason.message : textOf(reason);
    return { info: infoWithoutValues(error), problem: `parts of this failure are lost: ${why}` };
  }
}

function specificInfo(error: Error, converter: PayloadConverter): DecodedFailureInfo {
  if (error instanceof ApplicationFailure) {
    return {
      kind: 'application',
      type: error.type,
      nonRetryable: error.nonRetryable,
      details: detailsOf(error.details, converter),
      nextRetryDelayMs: nextRetryDelayOf(error),
      category: error.category,
    };
  }
  if (error instanceof CancelledFailure) {
    return { kind: 'canceled', details: detailsOf(error.details, converter) };
  }
  if (error instanceof TimeoutFailure) {
    const last = error.lastHeartbeatDetails;
    return {
      kind: 'timeout',
      timeoutType: error.timeoutType,
      lastHeartbeatDetails: last === undefined ? undefined : toPayloads(converter, last),
    };
  }
  return infoWithoutValues(error);
}

function infoWithoutValues(error: Error): DecodedFailureInfo {
  if (error instanceof ApplicationFailure) {
    const { type, nonRetryable, category } = error;
    return { kind: 'application', type, nonRetryable, category };
  }
  if (error instanceof CancelledFailure) return { kind: 'canceled' };
  if (error instanceof TimeoutFailure) return { kind: 'timeout', timeoutType: error.timeoutType };
  if (error instanceof TerminatedFailure) return { kind: 'terminated' };
  if (error instanceof ServerFailure) return { kind: 'server', nonRetryable: error.nonRetryable };
  if (error instanceof ActivityFailure) {
    const { activityType, activityId, retryState, identity } = error;
    return { kind: 'activity', activityType, activityId, retryState, identity };
  }
  if (error instanceof ChildWorkflowFailure) {
    const { namespace, execution, workflowType, retryState } = error;
    const { workflowId, runId } = execution;
    return { kind: 'childWorkflow', namespace, workflowId, runId, workflowType, retryState };
  }
  return { kind: 'application', type: classNameOf(error), nonRetryable: false };
}

function nextRetryDelayOf(error: ApplicationFailure): number | undefined {
  const delay = msOptionalToNumber(error.nextRetryDelay);
  if (delay === undefined || delay >= 0) return delay === undefined ? undefined : Math.round(delay);
  throw new ValueError(`nextRetryDelay must not be negative; got ${delay} ms`);
}

function detailsOf(values: unknown[] | undefined, converter: PayloadConverter) {
  return values === undefined ? undefined : toPayloads(converter, ...values);
}

function instantiate(
  failure: DecodedFailure,
  cause: TemporalFailure | undefined,
  converter: PayloadConverter,
): TemporalFailure {
  const { info, message } = failure;
  switch (info.kind) {
    case 'application':
      return new ApplicationFailure(
        message,
        info.type ?? '',
        info.nonRetryable,
        arrayFromPayloads(converter, info.details),
        cause,
        info.nextRetryDelayMs,
        info.category,
      );
    case 'timeout':
      return new TimeoutFailure(
        message,
        fromPayloadsAtIndex(converter, 0, info.lastHeartbeatDetails),
        info.timeoutType,
        cause,
      );
    case 'canceled':
      return new CancelledFailure(message, arrayFromPayloads(converter, info.details), cause);
    case 'terminated':
      return new TerminatedFailure(message, cause);
    case 'server':
      return new ServerFailure(message, info.nonRetryable ?? false, cause);
    case 'activity':
      return new ActivityFailure(
        message,
        info.activityType,
        info.activityId,
        info.retryState ?? RetryState.IN_PROGRESS,
        info.identity,
        cause,
      );
    case 'childWorkflow':
      return new ChildWorkflowFailure(
        info.namespace,
        { workflowId: info.workflowId, runId: info.runId },
        info.workflowType,
        info.retryState ?? RetryState.IN_PROGRESS,
        cause,
      );
    default:
      throw unknownKind(info);
  }
}

function unknownKind(info: never): PayloadConverterError {
  const kind = (info as { kind?: unknown } | undefined)?.kind;
  return new PayloadConverterError(
    `a failure of kind ${JSON.stringify(kind)} is not known to this version: upgrade the SDK`,
  );
}

/** Errors of this realm and of any other. */
function isError(value: unknown): value is Error {
  return value instanceof Error || Object.prototype.toString.call(value) === '[object Error]';
}

function classNameOf(error: Error): string {
  return error.constructor?.name || error.name;
}

/** `String(value)`, also for values that refuse to become text. */
function textOf(value: unknown): string {
  try {
    return String(value);
  } catch {
    return Object.prototype.toString.call(value);
  }
}
