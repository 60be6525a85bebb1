/** Values to payloads and back, as the run's converter does it. */
import {
  type DecodedFailure,
  type Payload,
  arrayFromPayloads,
  defaultFailureConverter,
  defaultPayloadConverter,
  fromPayloadsAtIndex,
} from '@perdure/common';

/** A payload for each value; an empty list for no values. */
export function payloadsOf(values: readonly unknown[]): Payload[] {
  return values.map((value) => defaultPayloadConverter.toPayload(value));
}

/** The value of each payload. */
export function valuesOf(payloads: readonly Payload[]): unknown[] {
  return arrayFromPayloads(defaultPayloadConverter, payloads);
}

/** The value of the first payload, `undefined` when there is none. */
export function firstValueOf(payloads: readonly Payload[]): unknown {
  return fromPayloadsAtIndex(defaultPayloadConverter, 0, payloads);
}

/** Any thrown value as a failure. */
export function failureFrom(error: unknown): DecodedFailure {
  return defaultFailureConverter.errorToFailure(error, defaultPayloadConverter);
}

/** The error that a failure stands for. */
export function errorFrom(failure: DecodedFailure): Error {
  return defaultFailureConverter.failureToError(failure, defaultPayloadConverter);
}
