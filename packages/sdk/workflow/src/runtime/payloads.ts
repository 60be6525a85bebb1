/** Values to payloads and back, as the run's converters do it. */
import {
  type DecodedFailure,
  type Payload,
  arrayFromPayloads,
  fromPayloadsAtIndex,
} from '@perdure/common';
import type { Run } from './run.ts';

/** A payload for each value; an empty list for no values. */
export function payloadsOf({ payloadConverter }: Run, values: readonly unknown[]): Payload[] {
  return values.map((value) => payloadConverter.toPayload(value));
}

/** The value of each payload. */
export function valuesOf({ payloadConverter }: Run, payloads: readonly Payload[]): unknown[] {
  return arrayFromPayloads(payloadConverter, payloads);
}

/** The value of the first payload, `undefined` when there is none. */
export function firstValueOf<T = unknown>(
  { payloadConverter }: Run,
  payloads: readonly Payload[] | undefined,
): T {
  return fromPayloadsAtIndex(payloadConverter, 0, payloads);
}

/** Any thrown value as a failure. */
export function failureFrom({ failureConverter, payloadConverter }: Run, error: unknown) {
  return failureConverter.errorToFailure(error, payloadConverter);
}

/** The error that a failure stands for. */
export function errorFrom(
  { failureConverter, payloadConverter }: Run,
  failure: DecodedFailure,
): Error {
  return failureConverter.failureToError(failure, payloadConverter);
}
