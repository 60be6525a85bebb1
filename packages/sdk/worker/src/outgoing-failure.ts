/**
 * Failures on their way out. Whatever is wrong with the user's error or converter, something can be
 * reported: a failure that cannot be converted or is too large is replaced by one that says so.
 */
import { ApplicationFailure, type DecodedFailure } from '@perdure/common';
import type { LoadedDataConverter } from '@perdure/data-converter';
import type { Failure } from '@perdure/protocol';
import { fits } from './payload-limits.ts';

interface FailurePlace {
  readonly namespace: string;
  readonly workflowId: string;
}

/** What to report for a thrown value. Never rejects. */
export async function failureOfError(
  converter: LoadedDataConverter,
  place: FailurePlace,
  error: unknown,
): Promise<Failure> {
  const { failureConverter, payloadConverter } = converter;
  return sealed(converter, place, () => failureConverter.errorToFailure(error, payloadConverter));
}

/** What to report for a failure that is decoded already. Never rejects. */
export async function sealed(
  converter: LoadedDataConverter,
  place: FailurePlace,
  decode: () => DecodedFailure,
): Promise<Failure> {
  try {
    const failure = await converter.sealFailure(place, decode());
    return fits(failure) ? failure : await substitute(converter, place, 'PAYLOAD_TOO_LARGE');
  } catch {
    return substitute(converter, place, 'FailureConversionError');
  }
}

const texts = {
  PAYLOAD_TOO_LARGE: 'there was a failure, but with its details it was too large to be reported',
  FailureConversionError: 'there was a failure, but it could not be converted to be reported',
} as const;

async function substitute(
  converter: LoadedDataConverter,
  place: FailurePlace,
  type: keyof typeof texts,
): Promise<Failure> {
  const { failureConverter, payloadConverter } = converter;
  const error = ApplicationFailure.create({ type, message: texts[type] });
  try {
    const decoded = failureConverter.errorToFailure(error, payloadConverter);
    return await converter.sealFailure(place, decoded);
  } catch {
    // Not even that: what is left says nothing that would have to be sealed.
    return { info: { kind: 'application', type } };
  }
}
