/**
 * Failures between their converted and their travel form. Sealed, the server sees what it decides
 * on (kind, type, retryability, delays) and which activity it was; message, stack and details go
 * into blobs bound to the namespace only, because causes are copied outwards unchanged.
 */
import {
  type DecodedFailure,
  type DecodedFailureInfo,
  JsonPayloadConverter,
  MAX_FAILURE_CAUSES,
  type Payload,
} from '@perdure/common';
import type { Failure, FailureInfo, PayloadBlob } from '@perdure/protocol';
import type { FailureContext, PayloadContext } from './context.ts';
import { PayloadOpenError } from './errors.ts';
import { type MaybePromise, andThen, combineAll } from './maybe-promise.ts';

/** The two ways of a list of payloads, as failures need them. */
export interface BlobTransport {
  /** Whether message and stack go into a blob. */
  readonly seals: boolean;
  toBlob(context: PayloadContext, payloads: readonly Payload[]): MaybePromise<PayloadBlob>;
  fromBlob(context: PayloadContext, blob: PayloadBlob): MaybePromise<Payload[]>;
}

/** Longest message or stack, in characters, and longest type: what the protocol takes. */
const MAX_TEXT_LENGTH = 65_536;
const MAX_TYPE_LENGTH = 1_000;

const json = new JsonPayloadConverter();

/** Message and stack inside `encodedAttributes`, under the names the field uses. */
interface CommonAttributes {
  readonly message?: string;
  readonly stack_trace?: string;
}

/** The travel form of a failure and, as deep as the protocol allows, its causes. */
export function sealFailure(
  transport: BlobTransport,
  context: FailureContext,
  failure: DecodedFailure,
  depth = 0,
): MaybePromise<Failure> {
  const message = cut(failure.message, MAX_TEXT_LENGTH);
  const stackTrace = cut(failure.stackTrace, MAX_TEXT_LENGTH);
  const clear = !transport.seals || (!message && !stackTrace);
  const keepsCause = failure.cause !== undefined && depth < MAX_FAILURE_CAUSES;
  return combineAll(
    [
      sealInfo(transport, context, failure.info),
      clear ? undefined : sealAttributes(transport, context, { message, stack_trace: stackTrace }),
      keepsCause ? sealFailure(transport, context, failure.cause!, depth + 1) : undefined,
    ],
    ([info, encodedAttributes, cause]): Failure => ({
      message: clear ? message : undefined,
      stackTrace: clear ? stackTrace : undefined,
      encodedAttributes,
      info,
      cause,
      source: failure.source,
    }),
  );
}

/** The converted form of a failure and its causes. */
export function openFailure(
  transport: BlobTransport,
  context: FailureContext,
  failure: Failure,
): MaybePromise<DecodedFailure> {
  const { encodedAttributes, cause } = failure;
  return combineAll(
    [
      openInfo(transport, context, failure.info),
      encodedAttributes ? openAttributes(transport, context, encodedAttributes) : undefined,
      cause ? openFailure(transport, context, cause) : undefined,
    ],
    ([info, attributes, openedCause]): DecodedFailure => ({
      message: attributes ? attributes.message : failure.message,
      stackTrace: attributes ? attributes.stack_trace : failure.stackTrace,
      source: failure.source,
      info,
      cause: openedCause,
    }),
  );
}

function sealInfo(
  transport: BlobTransport,
  context: FailureContext,
  info: DecodedFailureInfo,
): MaybePromise<FailureInfo> {
  switch (info.kind) {
    case 'application':
      return andThen(
        detailsBlob(transport, context, 'failure-details', info.details),
        (details) => ({
          ...info,
          type: cut(info.type, MAX_TYPE_LENGTH),
          details,
        }),
      );
    case 'canceled':
      return andThen(
        detailsBlob(transport, context, 'failure-details', info.details),
        (details) => ({
          ...info,
          details,
        }),
      );
    case 'timeout':
      return andThen(
        detailsBlob(transport, context, 'heartbeat', info.lastHeartbeatDetails),
        (lastHeartbeatDetails) => ({ ...info, lastHeartbeatDetails }),
      );
    default:
      return info;
  }
}

function openInfo(
  transport: BlobTransport,
  context: FailureContext,
  info: FailureInfo,
): MaybePromise<DecodedFailureInfo> {
  switch (info.kind) {
    case 'application':
    case 'canceled':
      return andThen(
        detailsPayloads(transport, context, 'failure-details', info.details),
        (details) => ({
          ...info,
          details,
        }),
      );
    case 'timeout':
      return andThen(
        detailsPayloads(transport, context, 'heartbeat', info.lastHeartbeatDetails),
        (lastHeartbeatDetails) => ({ ...info, lastHeartbeatDetails }),
      );
    default:
      return info;
  }
}

function detailsBlob(
  transport: BlobTransport,
  context: FailureContext,
  purpose: 'failure-details' | 'heartbeat',
  details: readonly Payload[] | undefined,
): MaybePromise<PayloadBlob | undefined> {
  return details && transport.toBlob({ ...context, purpose }, details);
}

function detailsPayloads(
  transport: BlobTransport,
  context: FailureContext,
  purpose: 'failure-details' | 'heartbeat',
  details: PayloadBlob | undefined,
): MaybePromise<Payload[] | undefined> {
  return details && transport.fromBlob({ ...context, purpose }, details);
}

function sealAttributes(
  transport: BlobTransport,
  context: FailureContext,
  attributes: CommonAttributes,
): MaybePromise<PayloadBlob> {
  return transport.toBlob({ ...context, purpose: 'failure' }, [json.toPayload(attributes)!]);
}

function openAttributes(
  transport: BlobTransport,
  context: FailureContext,
  blob: PayloadBlob,
): MaybePromise<CommonAttributes> {
  const place: PayloadContext = { ...context, purpose: 'failure' };
  return andThen(transport.fromBlob(place, blob), ([payload]) => {
    const attributes = payload && json.fromPayload<CommonAttributes | null>(payload);
    if (typeof attributes === 'object' && attributes !== null) return attributes;
    throw new PayloadOpenError(
      'MALFORMED',
      place,
      'wanted a message and a stack; got another value',
    );
  });
}

/** Shortens a text, saying so, rather than letting the server refuse the whole failure. */
function cut(text: string | undefined, most: number): string | undefined {
  if (text === undefined || text.length <= most) return text;
  const mark = `… [${text.length} characters, cut]`;
  return text.slice(0, most - mark.length) + mark;
}
