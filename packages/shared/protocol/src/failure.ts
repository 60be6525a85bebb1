/**
 * Failures as they travel. What user code wrote (message, stack, details) is in blobs or, for
 * failures that the server itself makes, in the clear; what the server must decide on (kind, type,
 * retryability) is always in the clear.
 */
import { ApplicationFailureCategory, RetryState, TimeoutType } from '@perdure/common';
import { type PayloadBlob, blob } from './payload.ts';
import {
  type Field,
  count,
  flag,
  lazy,
  list,
  name,
  optional,
  record,
  text,
  uuid,
  variant,
  word,
} from './record.ts';

export const retryState = word(Object.values(RetryState) as [RetryState, ...RetryState[]]);
export const failureCategories = Object.values(ApplicationFailureCategory) as [
  ApplicationFailureCategory,
  ...ApplicationFailureCategory[],
];
export const timeoutType = word(Object.values(TimeoutType) as [TimeoutType, ...TimeoutType[]]);

const failureInfo = variant('kind', {
  /** Thrown by user code. */
  application: [
    1,
    record({
      type: optional(name),
      nonRetryable: optional(flag),
      details: optional(blob),
      nextRetryDelayMs: optional(count),
      category: optional(word(failureCategories)),
    }),
  ],
  /** A deadline passed; made by the server. */
  timeout: [2, record({ timeoutType, lastHeartbeatDetails: optional(blob) })],
  canceled: [3, record({ details: optional(blob) })],
  terminated: [4, record({ identity: optional(name) })],
  /** Made by the server for its own reasons. */
  server: [5, record({ nonRetryable: optional(flag) })],
  /** Wraps why an activity call failed. */
  activity: [
    6,
    record({
      activityType: name,
      activityId: optional(name),
      scheduledEventId: optional(count),
      startedEventId: optional(count),
      retryState: optional(retryState),
      identity: optional(name),
    }),
  ],
  /** Wraps why a child workflow did not complete. */
  childWorkflow: [
    7,
    record({
      namespace: optional(name),
      workflowId: name,
      runId: optional(uuid),
      workflowType: name,
      initiatedEventId: optional(count),
      startedEventId: optional(count),
      retryState: optional(retryState),
    }),
  ],
});

/** What kind of failure it is, with the facts of that kind. */
export type FailureInfo = ReturnType<typeof failureInfo.from>;

/** A failure and its chain of causes. */
export interface Failure {
  /** In the clear; empty when {@link encodedAttributes} holds it. */
  readonly message?: string;
  /** In the clear; empty when {@link encodedAttributes} holds it. */
  readonly stackTrace?: string;
  /** Message and stack as a payload blob. */
  readonly encodedAttributes?: PayloadBlob;
  readonly info: FailureInfo;
  readonly cause?: Failure;
  /** Which SDK made it; empty for the server. */
  readonly source?: string;
}

/** Deepest chain of causes taken from a worker. */
const MAX_CAUSES = 32;

export const failure: Field<Failure> = record({
  info: failureInfo,
  message: optional(text),
  stackTrace: optional(text),
  encodedAttributes: optional(blob),
  cause: optional(lazy((): Field<Failure> => failure)),
  source: optional(name),
}) as unknown as Field<Failure>;

/** Every blob in a failure and its causes; throws RangeError past 32 causes. */
export function* failureBlobs(value: Failure, depth = 0): Generator<PayloadBlob> {
  if (depth > MAX_CAUSES) throw new RangeError(`a failure may have at most ${MAX_CAUSES} causes`);
  if (value.encodedAttributes) yield value.encodedAttributes;
  const info = value.info;
  if ('details' in info && info.details) yield info.details;
  if ('lastHeartbeatDetails' in info && info.lastHeartbeatDetails) yield info.lastHeartbeatDetails;
  if (value.cause) yield* failureBlobs(value.cause, depth + 1);
}

/** Whether user text stands in the clear anywhere in a failure. */
export function hasClearText(value: Failure): boolean {
  if (value.message || value.stackTrace) return true;
  return value.cause !== undefined && hasClearText(value.cause);
}

export const failures = list(failure);
